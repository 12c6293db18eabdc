"""Golden pictures: under which settings they are made, where they lie, and when two of them are alike."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
APPROVED = HERE / "approved"
NOON_S = 1_767_268_800.0
"""2026-01-01 12:00 UTC: the time at which all pictures are taken."""
FONTS = Path("/usr/share/fonts/truetype/dejavu")
BLOCK = 8
MOST_BLOCK_DIFFERENCE = 24.0
"""Mean difference of a block of 8x8 pixels, of 255, above which it counts as different."""
MOST_DIFFERENT_BLOCKS = 0.002
"""Share of blocks that may differ: a digit, an edge; not a label, not a button."""


@dataclass(frozen=True)
class Setting:
    """Screens and pixels of one run.

    Attributes:
        name: Part of the pictures' names.
        scale: Device pixels per logical pixel.
        screens: Places (x, y, width, height, scale) of the screens.
    """

    name: str
    scale: float = 1.0
    screens: tuple[tuple[int, int, int, int, float], ...] = ((0, 0, 1920, 1080, 1.0),)


SETTINGS = {
    "100": Setting("100"),
    "150": Setting("150", 1.5),
    "two-monitors": Setting("two-monitors", 1.0, ((0, 0, 1920, 1080, 1.0), (1920, 0, 1600, 1000, 1.0))),
}


def prepare_environment(home: Path, setting: Setting) -> None:
    """Folders, fonts and screens of the process that takes the pictures; before Qt is loaded."""
    screens = [
        {"name": f"SCREEN-{number}", "x": x, "y": y, "width": width, "height": height, "logicalDpi": 96,
         "logicalBaseDpi": 96, "dpr": ratio}
        for number, (x, y, width, height, ratio) in enumerate(setting.screens)
    ]  # fmt: skip
    (home / "screens.json").write_text(json.dumps({"screens": screens}))
    (home / "fonts.conf").write_text(
        f"""<?xml version="1.0"?><fontconfig><dir>{FONTS}</dir><cachedir>{home / "fonts"}</cachedir>
        <match target="pattern"><edit name="family" mode="append_last"><string>DejaVu Sans</string></edit></match>
        <alias binding="same"><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
        <alias binding="same"><family>sans-serif</family><prefer><family>DejaVu Sans</family></prefer></alias>
        <match target="font"><edit name="hinting" mode="assign"><bool>false</bool></edit>
        <edit name="antialias" mode="assign"><bool>true</bool></edit>
        <edit name="rgba" mode="assign"><const>none</const></edit></match></fontconfig>"""
    )
    os.environ |= {
        "QT_QPA_PLATFORM": f"offscreen:configfile={home / 'screens.json'}",
        "QT_SCALE_FACTOR": str(setting.scale),
        "FONTCONFIG_FILE": str(home / "fonts.conf"),
        "BST_DATA_DIR": str(home / "data"),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


def take_pictures(folder: Path, setting: Setting) -> None:
    """Run the program under a setting; its pictures are in the folder afterwards.

    Raises:
        RuntimeError: it did not get through; the message holds what it printed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, str(HERE / "stage.py"), str(folder), setting.name],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"the pictures of {setting.name} could not be taken:\n{done.stdout}\n{done.stderr}")


def different_blocks(one: Path, two: Path) -> tuple[float, str]:
    """Share of blocks in which two pictures differ, and where; 1.0 when their sizes do."""
    first, second = _pixels(one), _pixels(two)
    if first.shape != second.shape:
        return 1.0, f"sizes {first.shape[1]}x{first.shape[0]} and {second.shape[1]}x{second.shape[0]}"
    apart = np.abs(first - second).max(axis=2)
    rows, columns = (-(-length // BLOCK) for length in apart.shape)
    padded = np.zeros((rows * BLOCK, columns * BLOCK))
    padded[: apart.shape[0], : apart.shape[1]] = apart
    means = padded.reshape(rows, BLOCK, columns, BLOCK).mean(axis=(1, 3))
    different = np.argwhere(means > MOST_BLOCK_DIFFERENCE)
    if not len(different):
        return 0.0, ""
    top, left = different.min(axis=0) * BLOCK
    bottom, right = (different.max(axis=0) + 1) * BLOCK
    return len(different) / means.size, f"within ({left}, {top}) to ({right}, {bottom})"


def _pixels(path: Path) -> np.ndarray:
    from PySide6.QtGui import QImage

    image = QImage(str(path)).convertToFormat(QImage.Format.Format_RGB888)
    if image.isNull():
        raise OSError(f"{path} is no picture")
    rows = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3).astype(np.float64)


def approve(taken: Path) -> int:
    """Make the pictures of a folder the approved ones; how many there are."""
    APPROVED.mkdir(exist_ok=True)
    fresh = sorted(taken.glob("*.png"))
    for old in APPROVED.glob("*.png"):
        if not (taken / old.name).exists():
            old.unlink()
    for path in fresh:
        (APPROVED / path.name).write_bytes(path.read_bytes())
    return len(fresh)


if __name__ == "__main__":
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        for one in SETTINGS.values():
            take_pictures(Path(place), one)
        sys.stdout.write(f"{approve(Path(place))} pictures approved: look at them in {APPROVED}\n")
