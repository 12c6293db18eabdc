"""Pictures of a chart: onto the clipboard, or into a PNG or SVG file, with what they show written beneath."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QImage, QImageWriter, QPainter
from PySide6.QtWidgets import QToolButton

from strategy_tester.services.jobs import Checkpoint
from strategy_tester.services.whole_files import write_whole
from strategy_tester.ui import i18n, icons, numbers, theme
from strategy_tester.ui.actions import Action
from strategy_tester.ui.charts.legend import SOURCES
from strategy_tester.ui.charts.window import first_in_sight
from strategy_tester.ui.dialogs import choose_file
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.panels.chart.features import ChartFeature, on_current

if TYPE_CHECKING:
    from PySide6.QtWidgets import QFileDialog

    from strategy_tester.ui.panels.chart.view import ChartPanel
    from strategy_tester.ui.view_context import ViewContext

SHARPEST = 2.0
"""Device pixels per logical pixel that a saved picture has at least: it is looked at on other screens too."""
STRIP_SHARE = 2.0
"""Height of the line beneath the chart, in heights of the font."""


class PicturesFeature(ChartFeature):
    """Copies and saves what the chart shows."""

    key = ""

    def __init__(self, panel: "ChartPanel") -> None:
        super().__init__(panel)
        self.button = QToolButton()
        self.button.setIcon(icons.icon("camera-outline"))
        self.button.setAutoRaise(True)
        self.button.clicked.connect(lambda _on=False: self.save())
        panel.header.addWidget(self.button)
        i18n.retranslate_now_and_later(self._write_texts)

    @classmethod
    def actions(cls, context: "ViewContext") -> Sequence[Action]:
        """Copy and save."""
        return (
            Action(
                "chart.copy", mark("Copy the chart as a picture"), on_current(context, cls, cls.copy), "chart",
                ("Alt+S",), "copy",
            ),
            Action(
                "chart.save", mark("Save the chart as a picture…"), on_current(context, cls, cls.save), "chart", (),
                "save", synonyms=("PNG", "SVG"),
            ),
        )  # fmt: skip

    def caption(self) -> str:
        """What the picture shows: symbol, timeframe, market, period with its time zone, and whether it is made up."""
        chart = self.panel.chart
        candles, view = chart.model.candles, chart.model.view
        if candles is None or not len(candles):
            return ""
        first = min(first_in_sight(candles.base, view), len(candles) - 1)
        last = min(max(candles.base.bars_before(math.ceil(view.right)) - 1, first), len(candles) - 1)
        times = candles.base.times
        period = (
            f"{numbers.format_time(int(times[first]), zone=False)} … {numbers.format_time(int(times[last]), zone=True)}"
        )
        frame = "" if candles.timeframe is None else str(candles.timeframe)
        parts = [candles.symbol or tr("Unnamed"), frame, tr(SOURCES.get(candles.source, candles.source)), period]
        if candles.is_synthetic:
            parts.append(tr("SYNTHETIC DATA, NOT A REAL MARKET"))
        return " · ".join(part for part in parts if part)

    def size(self) -> QSize:
        """Of the picture with its caption, logical pixels."""
        chart = self.panel.chart
        return QSize(max(chart.width(), 2), max(chart.height(), 2) + self._strip_height())

    def image(self, ratio: float | None = None) -> QImage:
        """The picture; `ratio` device pixels per logical pixel, the screen's when left out."""
        ratio = self.panel.chart.devicePixelRatioF() if ratio is None else ratio
        size = self.size()
        image = QImage(round(size.width() * ratio), round(size.height() * ratio), QImage.Format.Format_RGB32)
        painter = QPainter(image)
        self._paint(painter, (image.width(), image.height()), ratio)
        painter.end()
        image.setDevicePixelRatio(ratio)
        return image

    def svg(self) -> bytes:
        """The picture as a vector file."""
        from PySide6.QtSvg import QSvgGenerator

        buffer, size = QBuffer(), self.size()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        # SVG 1.1, not Tiny: only there what leaves a pane is cut off.
        generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)
        generator.setOutputDevice(buffer)
        generator.setSize(size)
        generator.setViewBox(QRect(0, 0, size.width(), size.height()))
        generator.setTitle(self.caption())
        painter = QPainter(generator)
        self._paint(painter, (size.width(), size.height()), 1.0)
        painter.end()
        return bytes(buffer.data().data())

    def copy(self) -> None:
        """Put the picture on the clipboard."""
        if self._has_candles():
            QGuiApplication.clipboard().setImage(self.image())
            self.panel.context.workbench.message.emit(tr("The chart is on the clipboard as a picture."))

    def save(self) -> "QFileDialog | None":
        """Ask for a file; its ending chooses between PNG and SVG."""
        if not self._has_candles():
            return None
        kinds = {"PNG (*.png)": "png", "SVG (*.svg)": "svg"}
        dialog = choose_file(
            self.panel.context.window, self.panel.context.settings, tr("Save the chart as a picture"),
            ";;".join(kinds), self.save_to, mode="save", name=self.file_name(),
        )  # fmt: skip
        dialog.filterSelected.connect(lambda chosen: dialog.setDefaultSuffix(kinds.get(chosen, "png")))
        return dialog

    def file_name(self) -> str:
        """What a picture is called unless the user says otherwise: `BTCUSDT-4h-20260721-1600.png`."""
        candles = self.panel.chart.model.candles
        if candles is None or not len(candles):
            return "chart.png"
        period = self.panel.chart.visible_period_ms()
        end = min(period[1] if period else 0, int(candles.base.times[-1]))
        moment = numbers.format_time(end, zone=False).replace("-", "").replace(":", "").replace(" ", "-")
        return "-".join(part for part in (candles.symbol or "chart", str(candles.timeframe or ""), moment) if part) + (
            ".png"
        )

    def save_to(self, path: Path) -> None:
        """Write the picture as it is now; the file is made in the background."""
        if path.suffix.lower() == ".svg":
            content = self.svg()

            def work(_checkpoint: Checkpoint) -> None:
                write_whole(path, [content])
        else:
            image = self.image(max(self.panel.chart.devicePixelRatioF(), SHARPEST))

            def work(_checkpoint: Checkpoint) -> None:
                write_whole(path, [_png(image)])

        saved = tr("Saved as {name}", name=path.name)
        self.start_job(tr("Saving the picture"), work, lambda _none: self.panel.context.toast(saved))

    def _has_candles(self) -> bool:
        candles = self.panel.chart.model.candles
        return candles is not None and len(candles) > 0

    def _strip_height(self) -> int:
        return round(QFontMetricsF(self.panel.chart.font()).height() * STRIP_SHARE)

    def _paint(self, painter: QPainter, size: tuple[int, int], ratio: float) -> None:
        strip = round(self._strip_height() * ratio)
        above = size[1] - strip
        self.panel.chart.render(painter, (size[0], above), ratio)
        colors = theme.current_theme()
        painter.setClipping(False)
        painter.fillRect(0, above, size[0], strip, colors.color("panel"))
        painter.fillRect(0, above, size[0], max(1, math.floor(ratio)), colors.color("line"))
        font = QFont(self.panel.chart.font())
        font.setPixelSize(max(1, round(QFontMetricsF(font).height() * 0.78 * ratio)))
        painter.setFont(font)
        candles = self.panel.chart.model.candles
        is_synthetic = candles is not None and candles.is_synthetic
        painter.setPen(colors.color("warn_text" if is_synthetic else "muted"))
        room = QRect(round(8 * ratio), above, size[0] - round(16 * ratio), strip)
        text = painter.fontMetrics().elidedText(self.caption(), Qt.TextElideMode.ElideLeft, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), text)

    def _write_texts(self) -> None:
        self.button.setToolTip(tr("Save the chart as a picture"))
        self.button.setAccessibleName(tr("Save the chart as a picture"))


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"png")).write(image)
    return bytes(buffer.data().data())
