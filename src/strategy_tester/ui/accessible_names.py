"""Names that screen readers say for what has no text of its own: those of the place where it stands."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QStackedWidget, QTabWidget, QWidget

from strategy_tester.ui import i18n


class NamedAfterPlace(QObject):
    """Calls a widget after the tab or panel it stands in, unless it has a name already; follows the language."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._given = ""
        widget.installEventFilter(self)
        i18n.language_changed.connect(self._write_name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show:
            self._write_name()
        return super().eventFilter(watched, event)

    def _write_name(self) -> None:
        if self._widget.accessibleName() == self._given:
            self._given = place_name(self._widget)
            self._widget.setAccessibleName(self._given)


def place_name(widget: QWidget) -> str:
    """The title of the tab a widget stands on, else of its panel or window."""
    inner, outer = widget, widget.parentWidget()
    while outer is not None:
        tabs = outer.parentWidget()
        if isinstance(outer, QStackedWidget) and isinstance(tabs, QTabWidget):
            title = tabs.tabText(outer.indexOf(inner))
        else:
            title = outer.windowTitle()
        if title:
            return title.replace("&", "")
        inner, outer = outer, tabs
    return ""
