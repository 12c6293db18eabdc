"""Colors, fonts and distances of the window: one dataclass per theme, everything else is derived.

Widgets read `current_theme()` when they paint and listen to `theme_changed`. Distances come from `step()`, a third of
the font's height in pixels: 4 at 9 pt and 96 dpi, so that everything grows with the font.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

READABLE_CONTRAST = 4.5


@dataclass(frozen=True)
class Theme:
    """The tokens of one theme, as #RRGGBB.

    Attributes:
        name: "dark" or "light".
        is_dark: Whether text is light on dark.
        window: Behind everything: gaps between panels, the bars.
        panel: Ground of panels, tables and the chart.
        raised: Fields, buttons, headers, cards.
        line: Borders and separators.
        grid: Grid lines of charts and tables.
        text: Text.
        muted: Labels, units, second lines.
        disabled: What cannot be used now.
        accent: Selection, links, the main button.
        focus: The ring around what has the keyboard.
        up: Rising candles, gains.
        down: Falling candles, losses.
        warn: Something to look at.
        danger: Something broken or irreversible.
        backtest: Environment color of a backtest.
        replay: Environment color of a replay.
        paper: Environment color of paper trading.
        testnet: Environment color of the testnet.
        live: Environment color of real money.
    """

    name: str
    is_dark: bool
    window: str
    panel: str
    raised: str
    line: str
    grid: str
    text: str
    muted: str
    disabled: str
    accent: str
    focus: str
    up: str
    down: str
    warn: str
    danger: str
    backtest: str = "#8A92A3"
    replay: str = "#8B5CF6"
    paper: str = "#2F7DE1"
    testnet: str = "#F0B429"
    live: str = "#E5484D"

    def color(self, token: str, opacity: float = 1.0) -> QColor:
        """The token as a QColor; derived names (`up_text`, `accent_fill`, ...) work too."""
        color = QColor(getattr(self, token))
        color.setAlphaF(opacity)
        return color

    @property
    def up_text(self) -> str:
        """`up`, readable as text on the panel."""
        return readable(self.up, self.panel)

    @property
    def down_text(self) -> str:
        """`down`, readable as text on the panel."""
        return readable(self.down, self.panel)

    @property
    def good(self) -> str:
        """All is well, whatever the colors of rise and fall."""
        return "#26A69A" if self.is_dark else "#089981"

    @property
    def warn_text(self) -> str:
        """`warn`, readable as text on the panel."""
        return readable(self.warn, self.panel)

    @property
    def danger_text(self) -> str:
        """`danger`, readable as text on an error strip."""
        return readable(self.danger, self.danger_ground)

    @property
    def accent_text(self) -> str:
        """`accent`, readable as text on the panel."""
        return readable(self.accent, self.panel)

    @property
    def mark_text(self) -> str:
        """`accent`, readable as text on raised and on selected ground."""
        return readable(readable(self.accent, self.selection), self.raised)

    @property
    def accent_fill(self) -> str:
        """Ground of the main button: dark enough for white text."""
        return readable(self.accent, self.on_accent)

    @property
    def on_accent(self) -> str:
        """Text on `accent_fill`."""
        return "#FFFFFF"

    @property
    def accent_hover(self) -> str:
        """The main button under the pointer."""
        return mixed(self.accent_fill, "#000000", 0.12)

    @property
    def accent_pressed(self) -> str:
        """The main button being pressed."""
        return mixed(self.accent_fill, "#000000", 0.24)

    @property
    def danger_fill(self) -> str:
        """Ground of a dangerous button under the pointer: dark enough for white text."""
        return readable(self.danger, self.on_accent)

    @property
    def danger_ground(self) -> str:
        """Ground of an error strip."""
        return mixed(self.panel, self.danger, 0.12)

    @property
    def danger_border(self) -> str:
        """Border of an error strip."""
        return mixed(self.panel, self.danger, 0.45)

    @property
    def warn_ground(self) -> str:
        """Ground of a notice."""
        return mixed(self.panel, self.warn, 0.12)

    @property
    def warn_border(self) -> str:
        """Border of a notice."""
        return mixed(self.panel, self.warn, 0.45)

    @property
    def hover_row(self) -> str:
        """Ground of a table row under the pointer."""
        return mixed(self.panel, self.text, 0.05)

    @property
    def scroll_handle(self) -> str:
        """The handle of a scroll bar at rest."""
        return mixed(self.panel, self.muted, 0.45)

    @property
    def hover(self) -> str:
        """Ground of what lies under the pointer."""
        return mixed(self.raised, self.text, 0.08)

    @property
    def pressed(self) -> str:
        """Ground of what is being pressed."""
        return mixed(self.raised, self.text, 0.16)

    @property
    def selection(self) -> str:
        """Ground of selected rows and text."""
        return mixed(self.panel, self.accent, 0.32 if self.is_dark else 0.18)

    @property
    def stripe(self) -> str:
        """Ground of every second table row."""
        return mixed(self.panel, self.raised, 0.45)

    @property
    def field_border(self) -> str:
        """Border of fields: stronger than a separator."""
        return mixed(self.line, self.muted, 0.35)


DARK = Theme(
    "dark", is_dark=True, window="#0B0F1A", panel="#131722", raised="#1C2230", line="#2A2E39", grid="#1B2130",
    text="#D7DBE4", muted="#8A92A3", disabled="#565E6E", accent="#2F7DE1", focus="#5AA0F2", up="#26A69A",
    down="#EF5350", warn="#F0B429", danger="#E5484D",
)  # fmt: skip
LIGHT = Theme(
    "light", is_dark=False, window="#F4F6FA", panel="#FFFFFF", raised="#EEF1F6", line="#D8DDE6", grid="#ECEFF4",
    text="#1B2230", muted="#5B6475", disabled="#A3ABBA", accent="#1B62C4", focus="#2F7DE1", up="#089981",
    down="#F23645", warn="#B7791F", danger="#C53030", backtest="#5B6475",
)  # fmt: skip
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}
_COLOR_BLIND_PAIRS = {"dark": ("#3D9BE9", "#F0A13A"), "light": ("#1F7FD1", "#D97B00")}


class _Notifier(QObject):
    theme_changed = Signal(object)


_notifier = _Notifier()
theme_changed = _notifier.theme_changed
"""Emitted with the new Theme after palette and style sheet were set."""
_current = DARK


def current_theme() -> Theme:
    """The theme in use."""
    return _current


def find_theme(name: str, *, color_blind: bool = False, inverted: bool = False) -> Theme:
    """A theme by name, dark when unknown.

    Args:
        name: "dark" or "light".
        color_blind: Blue and orange for rise and fall instead of green and red.
        inverted: The two colors changed over, as in East Asia, where red rises.
    """
    theme = THEMES.get(name, DARK)
    if not color_blind and not inverted:
        return theme
    up, down = _COLOR_BLIND_PAIRS[theme.name] if color_blind else (theme.up, theme.down)
    return replace(theme, up=down, down=up) if inverted else replace(theme, up=up, down=down)


def apply_theme(
    app: QApplication,
    name: str,
    style_sheet: Callable[[Theme], str],
    *,
    color_blind: bool = False,
    inverted: bool = False,
) -> Theme:
    """Give the application the palette and style sheet of a theme and tell `theme_changed`."""
    global _current  # noqa: PLW0603  one theme per application, read by every painter
    _current = find_theme(name, color_blind=color_blind, inverted=inverted)
    # Taken off first: changing one sheet for another restyles every widget by itself, four times as slow (measured).
    app.setStyleSheet("")
    app.setPalette(_palette(_current))
    app.setStyleSheet(style_sheet(_current))
    theme_changed.emit(_current)
    return _current


def prepare_font(app: QApplication, scale: float = 1.0) -> None:
    """The system's interface font at `scale` times 9 to 10 pt, with tabular figures."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    size = font.pointSizeF() if font.pointSizeF() > 0 else 9.5
    font.setPointSizeF(min(max(size, 9.0), 10.0) * scale)
    font.setFeature(QFont.Tag("tnum"), 1)
    app.setFont(font)


def font_pixels() -> float:
    """Height of the application's font in device independent pixels."""
    if QGuiApplication.instance() is None:
        return 12.0
    return float(QFontInfo(QApplication.font()).pixelSize())


def step(count: float = 1.0) -> int:
    """`count` steps of the 4 px rhythm, grown with the font; at least one pixel for anything above zero."""
    return max(1, round(count * font_pixels() / 3.0)) if count > 0 else 0


def figures_font(scale: float = 1.0, *, bold: bool = False) -> QFont:
    """The application's font for numbers: tabular figures, at `scale` times its size.

    A widget that is given it at its own size follows the application's when that changes, out of sight too.
    """
    own = QFont()
    own.setFeature(QFont.Tag("tnum"), 1)
    own.setBold(bold)
    if scale != 1.0:
        own.setPointSizeF(QApplication.font().pointSizeF() * scale)
    font = own.resolve(QApplication.font())
    font.setResolveMask(own.resolveMask())
    return font


def fixed_font() -> QFont:
    """The system's font of equal widths, for JSON and reports."""
    font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
    font.setPointSizeF(QApplication.font().pointSizeF())
    return font


def mixed(first: str, second: str, share: float) -> str:
    """The color `share` of the way from `first` to `second`."""
    one, two = QColor(first), QColor(second)
    parts = [
        round(getattr(one, part)() * (1 - share) + getattr(two, part)() * share) for part in ("red", "green", "blue")
    ]
    return "#{:02X}{:02X}{:02X}".format(*parts)


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colors, 1 to 21. Source: WCAG 2.2, relative luminance."""
    bright, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable(color: str, ground: str) -> str:
    """`color`, moved towards black or white only as far as text on `ground` needs."""
    target = "#FFFFFF" if _luminance(ground) < 0.18 else "#000000"
    for percent in range(0, 101, 4):
        candidate = mixed(color, target, percent / 100)
        if contrast(candidate, ground) >= READABLE_CONTRAST:
            return candidate
    return target


def _luminance(color: str) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    value = QColor(color)
    return 0.2126 * linear(value.redF()) + 0.7152 * linear(value.greenF()) + 0.0722 * linear(value.blueF())


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    active = {
        role.Window: theme.window, role.WindowText: theme.text, role.Base: theme.panel,
        role.AlternateBase: theme.stripe, role.Text: theme.text, role.Button: theme.raised,
        role.ButtonText: theme.text, role.BrightText: theme.danger, role.Highlight: theme.accent_fill,
        role.HighlightedText: theme.on_accent, role.Link: theme.accent_text, role.LinkVisited: theme.accent_text,
        role.ToolTipBase: theme.raised, role.ToolTipText: theme.text, role.PlaceholderText: theme.muted,
        role.Light: theme.hover, role.Midlight: theme.raised, role.Mid: theme.line, role.Dark: theme.line,
        role.Shadow: theme.window, role.Accent: theme.accent,
    }  # fmt: skip
    palette = QPalette()
    for color_role, color in active.items():
        palette.setColor(color_role, QColor(color))
    for color_role in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, color_role, QColor(theme.disabled))
    return palette


def token_names() -> list[str]:
    """Every color token of a theme, for tests and settings."""
    return [item.name for item in fields(Theme) if item.name not in {"name", "is_dark"}]


def refresh_style(widget: Any) -> None:
    """Let the style sheet look again at a widget whose properties changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()
