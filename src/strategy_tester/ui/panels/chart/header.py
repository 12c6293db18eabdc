"""The row above a chart: symbol, timeframes, what features add, the link.

Nothing is ever cut: what has no room goes first to icons without words, then into the menu behind "…".
"""

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QFont, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.i18n import tr
from strategy_tester.ui.panels.chart.header_timeframes import TimeframeButton, TimeframeRow

_WITH_TEXT = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
_ARROW = " ▾"
_NO_ALIGNMENT = Qt.AlignmentFlag(0)
_ICON_ONLY = Qt.ToolButtonStyle.ToolButtonIconOnly


class _Slot(QWidget):
    """The place of one widget of a feature; hiding the place leaves the widget's own visibility to the feature."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.content = content
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(content)

    def is_wanted(self) -> bool:
        """Whether the feature shows its widget."""
        return not self.content.isHidden()


class FeatureRow(QHBoxLayout):
    """A row as any other for those who add widgets to it; each of them may be put away when room is short."""

    def __init__(self) -> None:
        super().__init__()
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(theme.step(0.5))

    def addWidget(self, widget: QWidget, stretch: int | None = 0, alignment: Qt.AlignmentFlag = _NO_ALIGNMENT) -> None:
        super().addWidget(_Slot(widget), stretch or 0, alignment)

    def insertWidget(
        self, index: int, widget: QWidget, stretch: int | None = 0, alignment: Qt.AlignmentFlag = _NO_ALIGNMENT
    ) -> None:
        super().insertWidget(index, _Slot(widget), stretch or 0, alignment)

    def removeWidget(self, w: QWidget) -> None:
        """Take a widget out; its place goes with it."""
        for slot in self.slots():
            if slot.content is w:
                w.setParent(None)
                super().removeWidget(slot)
                slot.deleteLater()

    def slots(self) -> list[_Slot]:
        """The places, from left to right."""
        items = (self.itemAt(number) for number in range(self.count()))
        found = (item.widget() for item in items if item is not None)
        return [widget for widget in found if isinstance(widget, _Slot)]


@dataclass(frozen=True)
class _Plan:
    """How the row is laid out: words or icons, timeframes as a row or one button, how many places are shown."""

    has_words: bool
    has_frames: bool
    shown: int


class ChartHeader(QWidget):
    """Symbol, timeframes, places of features, link; and the menu of what has no room.

    Args:
        frames: The row of timeframes.
        frame: The same as one button, for narrow charts.
        link: The button of the link.
    """

    def __init__(self, frames: TimeframeRow, frame: TimeframeButton, link: QWidget) -> None:
        super().__init__()
        self.setObjectName("chart-header")
        self.symbol = QToolButton()
        self.symbol.setObjectName("market-choice")
        self.frames, self.frame, self.link = frames, frame, link
        self.features = FeatureRow()
        self.more, self.menu = QToolButton(), QMenu(self)
        self._texts = ("", "")
        self._widths: dict[QToolButton, int] = {}
        self._plan: _Plan | None = None
        self._build()
        i18n.retranslate_now_and_later(self._write_texts)

    def set_symbol(self, text: str, short: str) -> None:
        """What the button of the symbol says when there is room, and when there is not."""
        self._texts = (text, short)
        self.arrange()

    def minimumSizeHint(self) -> QSize:
        """Narrow: the chart below decides how wide a panel must be."""
        return QSize(theme.step(30), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.arrange()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self.arrange()
        return super().event(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in {QEvent.Type.FontChange, QEvent.Type.StyleChange} and hasattr(self, "_widths"):
            self._measure_again()

    def arrange(self) -> None:
        """Give everything its place in the width there is."""
        slots = [slot for slot in self.features.slots() if slot.is_wanted()]
        self._note_widths(slots)
        plan = self._best_plan(slots)
        self._apply(plan, slots)

    def _build(self) -> None:
        bold = QFont()
        bold.setBold(True)
        self.symbol.setFont(bold)
        self.more.setIcon(icons.icon("more"))
        self.more.setMenu(self.menu)
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu.aboutToShow.connect(self._fill_menu)
        for button in (self.symbol, self.more):
            button.setAutoRaise(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.step(1), theme.step(0.5), theme.step(1), theme.step(0.5))
        row.setSpacing(theme.step(1))
        for widget in (self.symbol, self.frames, self.frame):
            row.addWidget(widget)
        row.addLayout(self.features)
        row.addStretch(1)
        row.addWidget(self.more)
        row.addWidget(self.link)

    # --- what fits

    def _best_plan(self, slots: list[_Slot]) -> _Plan:
        count = len(slots)
        plans = [_Plan(True, True, count), _Plan(False, True, count), _Plan(False, False, count)]
        plans += [_Plan(False, False, shown) for shown in range(count - 1, -1, -1)]
        return next((plan for plan in plans if self._width_of(plan, slots) <= self.width()), plans[-1])

    def _width_of(self, plan: _Plan, slots: list[_Slot]) -> int:
        gap, small = theme.step(1), self.features.spacing()
        frames = self.frames if plan.has_frames else self.frame
        width = 2 * gap + self._symbol_width(self._texts[0 if plan.has_frames else 1]) + gap
        width += frames.sizeHint().width() + 2 * gap + self.link.sizeHint().width()
        width += sum(self._slot_width(slot, has_words=plan.has_words) + small for slot in slots[: plan.shown])
        return width + (gap + self.more.sizeHint().width() if plan.shown < len(slots) else 0)

    def _symbol_width(self, text: str) -> int:
        return self.symbol.fontMetrics().horizontalAdvance(text + _ARROW) + theme.step(3)

    def _slot_width(self, slot: _Slot, *, has_words: bool) -> int:
        width = slot.sizeHint().width()
        for button in self._worded(slot):
            own = button.sizeHint().width()
            if has_words:
                width += self._widths[button] - own
            elif button.toolButtonStyle() != _ICON_ONLY:
                # How wide it is without words depends on the style; once it stands there it is asked.
                width += button.iconSize().width() + theme.step(2) + 2 - own
        return width

    def _worded(self, slot: _Slot) -> list[QToolButton]:
        """Buttons that may do without their words: those that had an icon and words beside it."""
        return [button for button in _tool_buttons(slot) if button in self._widths]

    def _note_widths(self, slots: list[_Slot]) -> None:
        for slot in slots:
            for button in _tool_buttons(slot):
                if button.toolButtonStyle() == _WITH_TEXT and not button.icon().isNull() and button.text():
                    self._widths[button] = button.sizeHint().width()

    def _measure_again(self) -> None:
        """Words have another length: show them all, the next layout puts away what has no room."""
        self._plan = None
        for button in self._widths:
            button.setToolButtonStyle(_WITH_TEXT)
        self.arrange()

    def _apply(self, plan: _Plan, slots: list[_Slot]) -> None:
        self._write_symbol(plan, slots)
        if plan == self._plan and all(slot.isHidden() == (place >= plan.shown) for place, slot in enumerate(slots)):
            return
        self._plan = plan
        self.frames.setVisible(plan.has_frames)
        self.frame.setVisible(not plan.has_frames)
        for place, slot in enumerate(slots):
            slot.setVisible(place < plan.shown)
            for button in self._worded(slot):
                style = _WITH_TEXT if plan.has_words else _ICON_ONLY
                if button.toolButtonStyle() != style:
                    button.setToolButtonStyle(style)
        self.more.setVisible(plan.shown < len(slots))

    def _write_symbol(self, plan: _Plan, slots: list[_Slot]) -> None:
        text = self._texts[0 if plan.has_frames else 1]
        missing = self._width_of(plan, slots) - self.width()
        if missing > 0:
            metrics = self.symbol.fontMetrics()
            room = metrics.horizontalAdvance(text) - missing
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(room, theme.step(4)))
        if text + _ARROW != self.symbol.text():
            self.symbol.setText(text + _ARROW)

    # --- what does not fit

    def hidden_widgets(self) -> list[QWidget]:
        """Widgets of features that have no room now."""
        return [slot.content for slot in self.features.slots() if slot.is_wanted() and slot.isHidden()]

    def _fill_menu(self) -> None:
        self.menu.clear()
        for widget in self.hidden_widgets():
            _add_to_menu(self.menu, widget)

    def _write_texts(self) -> None:
        self.symbol.setToolTip(tr("Symbol") + "\n" + tr("Or type its first letters on the chart"))
        self.symbol.setAccessibleName(tr("Symbol"))
        self.more.setToolTip(tr("More"))
        self.more.setAccessibleName(tr("More"))
        self._measure_again()


def _tool_buttons(slot: _Slot) -> list[QToolButton]:
    content = slot.content
    return [content] if isinstance(content, QToolButton) else content.findChildren(QToolButton)


def _add_to_menu(menu: QMenu, widget: QWidget) -> None:
    """What a widget does, as lines of a menu; a widget made of others is taken apart."""
    if isinstance(widget, QAbstractButton):
        _add_button(menu, widget)
    elif isinstance(widget, QComboBox):
        _add_choices(menu, widget)
    else:
        for child in widget.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly):
            if not child.isHidden():
                _add_to_menu(menu, child)


def _add_button(menu: QMenu, button: QAbstractButton) -> None:
    own_menu = button.menu() if isinstance(button, QToolButton) else None
    default = button.defaultAction() if isinstance(button, QToolButton) else None
    if default is not None:
        menu.addAction(default)
        return
    title = button.text() or button.accessibleName() or button.toolTip().partition("\n")[0]
    if own_menu is not None:
        own_menu.setTitle(title)
        own_menu.setIcon(button.icon())
        menu.addMenu(own_menu)
        return
    action = QAction(button.icon(), title, menu)
    action.setCheckable(button.isCheckable())
    action.setChecked(button.isChecked())
    action.setEnabled(button.isEnabled())
    action.triggered.connect(lambda _on=False: button.click())
    menu.addAction(action)


def _add_choices(menu: QMenu, box: QComboBox) -> None:
    submenu = menu.addMenu(box.accessibleName() or box.toolTip())
    for number in range(box.count()):
        action = submenu.addAction(box.itemText(number))
        action.setCheckable(True)
        action.setChecked(number == box.currentIndex())
        action.triggered.connect(lambda _on=False, number=number: _choose(box, number))


def _choose(box: QComboBox, number: int) -> None:
    box.setCurrentIndex(number)
    box.activated.emit(number)
