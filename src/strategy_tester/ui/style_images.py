"""The few little pictures a Qt style sheet can only take from files: arrows and check marks, drawn in theme colors.

They are written to the cache folder once per color and size and found under the search path `glyph:`.
"""

import logging
import tempfile
from functools import cache
from pathlib import Path

from PySide6.QtCore import QDir, QPointF, QSaveFile, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from strategy_tester.locations import cache_folder

logger = logging.getLogger(__name__)
_SCALES = ((1, ""), (2, "@2x"), (3, "@3x"))
_SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "down": ((0.22, 0.38), (0.5, 0.66), (0.78, 0.38)),
    "up": ((0.22, 0.62), (0.5, 0.34), (0.78, 0.62)),
    "right": ((0.38, 0.22), (0.66, 0.5), (0.38, 0.78)),
    "left": ((0.62, 0.22), (0.34, 0.5), (0.62, 0.78)),
    "check": ((0.2, 0.52), (0.42, 0.74), (0.8, 0.28)),
    "dash": ((0.22, 0.5), (0.78, 0.5)),
    "dot": ((0.5, 0.5), (0.501, 0.5)),
}


def picture(shape: str, color: str, size: int) -> str:
    """`url(...)` of a shape of `size` device independent pixels for a style sheet, or "none" if it cannot be kept."""
    folder = _folder()
    name = f"{shape}-{color.lstrip('#').lower()}-{size}"
    if folder is None or not _exists(folder, name, shape, color, size):
        return "none"
    return f"url(glyph:{name}.png)"


@cache
def _folder() -> Path | None:
    for base in (cache_folder(), Path(tempfile.gettempdir()) / "bybit-strategy-tester"):
        folder = base / "glyphs"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        QDir.addSearchPath("glyph", str(folder))
        return folder
    logger.warning("no folder for the pictures of the style sheet")
    return None


@cache
def _exists(folder: Path, name: str, shape: str, color: str, size: int) -> bool:
    return all(
        (folder / f"{name}{suffix}.png").exists() or _write(folder / f"{name}{suffix}.png", shape, color, size * scale)
        for scale, suffix in _SCALES
    )


def _write(path: Path, shape: str, color: str, pixels: int) -> bool:
    image = QImage(pixels, pixels, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = 0.36 if shape == "dot" else 0.13
    pen = QPen(QColor(color), pixels * width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.drawPolyline(QPolygonF([QPointF(x * pixels, y * pixels) for x, y in _SHAPES[shape]]))
    painter.end()
    # Two programs may write the same picture at once: each replaces the whole file.
    file = QSaveFile(str(path))
    return file.open(QSaveFile.OpenModeFlag.WriteOnly) and image.save(file, "PNG") and file.commit()  # type: ignore[call-overload]
