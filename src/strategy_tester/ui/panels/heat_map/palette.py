"""Colors of sizes: their lightness changes steadily to the eye, so that they say the same to the color-blind."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

STOPS = {
    True: (0x10172A, 0x1B3A78, 0x1F7A8C, 0x8BC56A, 0xFFF3B0),
    False: (0xFFFFFF, 0xD3E3F3, 0x7FB1DC, 0x2F6DB5, 0x3A1B6B),
}
"""From nothing to much, on dark and on light ground."""
_CURVE = 0.75


@lru_cache(maxsize=2)
def heat_levels(is_dark: bool) -> NDArray[np.uint32]:  # noqa: FBT001  the key of the stops
    """1024 colors between the stops of a ground, even to the eye but for a gentle curve that spreads small sizes."""
    stops = [to_oklab(color) for color in STOPS[is_dark]]
    places = np.linspace(0.0, 1.0, 1024) ** _CURVE * (len(stops) - 1.0)
    lab = np.stack([np.interp(places, np.arange(len(stops)), [stop[part] for stop in stops]) for part in range(3)])
    return from_oklab(lab)


def from_oklab(lab: NDArray[np.float64]) -> NDArray[np.uint32]:
    """Colors 0xffRRGGBB of OKLab values, shape (3, n). Source: Björn Ottosson, 'A perceptual color space', 2020."""
    lightness, a, b = lab
    l3 = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m3 = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s3 = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = np.stack([
        4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3,
        -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3,
        -0.0041960863 * l3 - 0.7034186147 * m3 + 1.7076147010 * s3,
    ])  # fmt: skip
    linear = np.clip(linear, 0.0, 1.0)
    shown = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1.0 / 2.4) - 0.055)
    red, green, blue = np.rint(shown * 255.0).astype(np.uint32)
    return (np.uint32(0xFF000000) | red << np.uint32(16) | green << np.uint32(8) | blue).astype(np.uint32)


def to_oklab(color: int) -> tuple[float, float, float]:
    """OKLab of a color 0xRRGGBB."""
    shown = np.array([color >> 16 & 255, color >> 8 & 255, color & 255]) / 255.0
    red, green, blue = np.where(shown <= 0.04045, shown / 12.92, ((shown + 0.055) / 1.055) ** 2.4)
    l1 = np.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue)
    m1 = np.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue)
    s1 = np.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue)
    return (
        float(0.2104542553 * l1 + 0.7936177850 * m1 - 0.0040720468 * s1),
        float(1.9779984951 * l1 - 2.4285922050 * m1 + 0.4505937099 * s1),
        float(0.0259040371 * l1 + 0.7827717662 * m1 - 0.8086757660 * s1),
    )
