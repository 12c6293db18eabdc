"""The chart's colors, derived from the theme's tokens."""

from dataclasses import dataclass

from PySide6.QtGui import QColor

from strategy_tester.ui.theme import Theme, mixed, readable

LINE_COLORS_DARK = ("#5B9CF6", "#FFB74D", "#BA68C8", "#4DD0E1", "#F06292", "#AED581", "#FFD54F", "#9FA8DA")
LINE_COLORS_LIGHT = ("#1E62D0", "#E07B00", "#8E24AA", "#00838F", "#C2185B", "#558B2F", "#9A6A00", "#3F51B5")


@dataclass(frozen=True)
class ChartColors:
    """Every color a chart paints with, opaque: what looks translucent is mixed with the ground once, not per pixel."""

    ground: QColor
    grid: QColor
    line: QColor
    text: QColor
    muted: QColor
    disabled: QColor
    accent: QColor
    accent_text: QColor
    warn: QColor
    up: QColor
    down: QColor
    up_text: QColor
    down_text: QColor
    up_volume: QColor
    down_volume: QColor
    win_box: QColor
    loss_box: QColor
    win_edge: QColor
    loss_edge: QColor
    stop: QColor
    target: QColor
    crosshair: QColor
    tag: QColor
    tag_text: QColor
    on_up: QColor
    on_down: QColor
    band: QColor
    card: QColor
    gap: QColor
    hatch: QColor
    lines: tuple[QColor, ...]

    def line_color(self, number: int) -> QColor:
        """Color of the n-th line of a chart."""
        return self.lines[number % len(self.lines)]


def chart_colors(theme: Theme) -> ChartColors:
    """The colors of a chart in a theme."""
    names = LINE_COLORS_DARK if theme.is_dark else LINE_COLORS_LIGHT
    panel = theme.panel

    def soft(color: str, share: float) -> QColor:
        return QColor(mixed(panel, color, share))

    return ChartColors(
        ground=QColor(panel), grid=QColor(theme.grid), line=QColor(theme.line), text=QColor(theme.text),
        muted=QColor(theme.muted), disabled=QColor(theme.disabled), accent=QColor(theme.accent),
        accent_text=QColor(theme.accent_text),
        warn=QColor(theme.warn_text), up=QColor(theme.up), down=QColor(theme.down), up_text=QColor(theme.up_text),
        down_text=QColor(theme.down_text), up_volume=soft(theme.up, 0.5), down_volume=soft(theme.down, 0.5),
        win_box=soft(theme.up, 0.16), loss_box=soft(theme.down, 0.16), win_edge=soft(theme.up, 0.55),
        loss_edge=soft(theme.down, 0.55), stop=soft(theme.down, 0.75), target=soft(theme.up, 0.75),
        crosshair=QColor(mixed(panel, theme.muted, 0.75)), tag=QColor(mixed(panel, theme.text, 0.24)),
        tag_text=QColor(theme.text), on_up=_on(theme.up), on_down=_on(theme.down),
        band=soft(names[0], 0.1), card=QColor(theme.raised),
        gap=soft(theme.muted, 0.05), hatch=soft(theme.muted, 0.16),
        lines=tuple(QColor(readable(name, panel)) for name in names),
    )  # fmt: skip


def _on(ground: str) -> QColor:
    """White or black, whichever reads better on a ground."""
    return QColor("#FFFFFF") if readable("#FFFFFF", ground) == "#FFFFFF" else QColor("#0B0F1A")
