"""The table of series: its columns, and the cells that are painted rather than written."""

from collections.abc import Callable

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    Signal,
)
from PySide6.QtGui import QHelpEvent, QMouseEvent, QPainter, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QStyledItemDelegate, QStyleOptionViewItem, QToolTip

from strategy_tester.ui import icons, numbers, theme
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.market_words import source_words
from strategy_tester.ui.panels.data.facts import SeriesFacts
from strategy_tester.ui.panels.data.rows import SeriesRow
from strategy_tester.ui.panels.data.strip import (
    Stretch,
    bounds,
    paint_stretches,
    part_at,
    stretches,
)
from strategy_tester.ui.panels.data.words import quality_words, span_words
from strategy_tester.ui.panels.download.queue import TaskState, progress_words
from strategy_tester.ui.tables import columns
from strategy_tester.ui.tables.records_model import RECORD_ROLE, Column

Index = QModelIndex | QPersistentModelIndex
PIN, STRIP, WORK = "pin", "coverage", "work"
"""Names of the columns that are painted."""
_SCORE_GOOD, _SCORE_FAIR = 99.0, 90.0


def series_columns() -> list[Column]:
    """What the table shows."""
    return [
        Column(mark("Pin"), lambda row: row.pin is not None, lambda _row: "", tooltip=_pin_words, key=PIN),
        columns.text_column(mark("Symbol"), lambda row: row.key.symbol),
        Column(mark("Timeframe"), lambda row: row.key.timeframe.milliseconds, lambda row: str(row.key.timeframe)),
        Column(mark("Source"), lambda row: source_words(row.key), tooltip=lambda row: row.key.source),
        Column(mark("Coverage"), lambda row: -row.missing, lambda _row: " " * 40, key=STRIP),
        Column(
            mark("Work"), _work_rank, _work_words, tooltip=_work_tooltip, key=WORK,
            color=lambda row: "danger_text" if row.task is not None and row.task.state is TaskState.FAILED else "",
        ),
        columns.count_column(mark("Candles"), lambda row: row.candles),
        _date_column(mark("First"), lambda row: row.first_ms),
        _date_column(mark("Last"), lambda row: row.last_ms),
        Column(
            mark("Missing"), lambda row: row.missing, lambda row: numbers.format_count(row.missing), "right",
            color=lambda row: "warn_text" if row.missing else "",
        ),
        Column(
            mark("Quality"), lambda row: row.score, lambda row: numbers.format_number(row.score, 1), "right",
            tooltip=lambda row: quality_words(row.quality), color=_score_color,
        ),
        Column(mark("Size"), lambda row: row.bytes, lambda row: numbers.format_bytes(row.bytes), "right"),
        Column(
            mark("Updated"), lambda row: row.updated_ms, lambda row: numbers.format_time(row.updated_ms), "right",
            tooltip=_pin_words, color=lambda row: "danger_text" if row.pin is not None and row.pin.problem else "",
        ),
    ]  # fmt: skip


def _date_column(title: str, value: Callable[[SeriesRow], int | None]) -> Column:
    """Days, for places where room is short; the tooltip has the minute."""
    return Column(
        title,
        value,
        lambda row: numbers.format_date(value(row)),
        "right",
        tooltip=lambda row: numbers.format_time(value(row)),
    )


def _pin_words(row: SeriesRow) -> str:
    if row.pin is None:
        return tr("Click to keep this series up to date by itself.")
    text = tr("Kept up to date by itself.")
    return f"{text}\n{tr('The last try failed: {problem}', problem=tr(row.pin.problem))}" if row.pin.problem else text


def _score_color(row: SeriesRow) -> str:
    if row.score is None or row.score >= _SCORE_GOOD:
        return ""
    return "warn_text" if row.score >= _SCORE_FAIR else "danger_text"


def _work_rank(row: SeriesRow) -> float | None:
    if row.task is None:
        return None
    return (row.task.fraction or 0.0) + list(TaskState).index(row.task.state)


def _work_words(row: SeriesRow) -> str:
    if row.task is None:
        return ""
    words = progress_words(row.task)
    return f"{words}: {row.task.problem}" if row.task.problem else words


def _work_tooltip(row: SeriesRow) -> str:
    task = row.task
    if task is None:
        return ""
    note = task.job.note if task.job is not None and task.is_active else ""
    hint = tr("Click the cross to cancel.") if task.is_active else ""
    return "\n".join(filter(None, (task.title, note, task.problem, hint)))


class PinDelegate(QStyledItemDelegate):
    """A pin that is full when the series is kept up to date; a click turns it."""

    turned = Signal(object)
    """A SeriesRow whose pin was clicked."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures: dict[tuple[str, int, float, bool], QPixmap] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        row: SeriesRow = index.data(RECORD_ROLE)
        picture = self._picture(painter.device().devicePixelRatioF(), is_on=row.pin is not None)
        rect = QRect(0, 0, theme.step(4), theme.step(4))
        rect.moveCenter(option.rect.center())  # type: ignore[attr-defined]
        painter.drawPixmap(rect, picture)

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            self.turned.emit(index.data(RECORD_ROLE))
            return True
        return super().editorEvent(event, model, option, index)

    def _picture(self, ratio: float, *, is_on: bool) -> QPixmap:
        """The pin, drawn once: text is slow to draw."""
        key = theme.current_theme().name, theme.step(4), ratio, is_on
        if key not in self._pictures:
            name, color = ("pin", "accent_text") if is_on else ("pin-outline", "disabled")
            self._pictures[key] = icons.pixmap(name, theme.step(4), color, ratio)
        return self._pictures[key]


class StripDelegate(QStyledItemDelegate):
    """A coverage strip in a cell, with a tooltip for each part."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._painted: dict[object, tuple[SeriesFacts, float, list[Stretch]]] = {}

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        super().paint(painter, option, index)
        row: SeriesRow = index.data(RECORD_ROLE)
        if row.facts is not None and row.facts.parts:
            area = self._area(option)
            paint_stretches(painter, area, self._stretches(row.facts, row.key, area.width()))

    def helpEvent(self, event: QHelpEvent, view: QAbstractItemView, option: QStyleOptionViewItem, index: Index) -> bool:
        text = self.text_at(index.data(RECORD_ROLE), option, event.pos().x())
        QToolTip.showText(event.globalPos(), text, view)
        return bool(text)

    def text_at(self, row: SeriesRow, option: QStyleOptionViewItem, x: float) -> str:
        """What is known of the moment at a place of the view."""
        if row.facts is None or not row.facts.parts:
            return ""
        area = self._area(option)
        start_ms, end_ms = bounds(row.facts.parts)
        scale = (end_ms - start_ms) / max(area.width(), 1.0)
        part = part_at(row.facts.parts, start_ms + (x - area.left()) * scale, scale * 2)
        return span_words(part) if part is not None else ""

    def _area(self, option: QStyleOptionViewItem) -> QRectF:
        return QRectF(option.rect).adjusted(theme.step(1), theme.step(1.2), -theme.step(1), -theme.step(1.2))  # type: ignore[attr-defined]

    def _stretches(self, facts: SeriesFacts, key: object, width: float) -> list[Stretch]:
        known = self._painted.get(key)
        if known is None or known[0] is not facts or known[1] != width:
            known = facts, width, stretches(facts.parts, *bounds(facts.parts), width)
            self._painted[key] = known
        return known[2]


class WorkDelegate(QStyledItemDelegate):
    """Progress of work on a series, with a cross that cancels it."""

    cancelled = Signal(object)
    """A SeriesRow whose work is to be stopped."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: SeriesRow = index.data(RECORD_ROLE)
        if row.task is None or not row.task.is_active:
            super().paint(painter, option, index)
            return
        colors = theme.current_theme()
        rect = QRectF(option.rect)  # type: ignore[attr-defined]
        line = QRectF(rect.left(), rect.bottom() - theme.step(0.8), rect.width() - theme.step(6), theme.step(0.5))
        plain = QStyleOptionViewItem(option)
        plain.rect = option.rect.adjusted(0, 0, -theme.step(6), 0)  # type: ignore[attr-defined]
        super().paint(painter, plain, index)
        painter.fillRect(line, colors.color("line"))
        line.setWidth(line.width() * (row.task.fraction or 0.0))
        painter.fillRect(line, colors.color("accent"))
        icons.icon("close", "muted").paint(painter, self._cross(option.rect))  # type: ignore[attr-defined]

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        row: SeriesRow = index.data(RECORD_ROLE)
        is_release = isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease
        if is_release and row.task is not None and row.task.is_active:
            cross = self._cross(option.rect).adjusted(-4, -4, 4, 4)  # type: ignore[attr-defined]
            if cross.contains(event.position().toPoint()):  # type: ignore[attr-defined]
                self.cancelled.emit(row)
                return True
        return super().editorEvent(event, model, option, index)

    def _cross(self, rect: QRect) -> QRect:
        size = theme.step(4)
        return QRect(rect.right() - theme.step(1) - size, rect.center().y() - size // 2, size, size)


def set_delegates(
    table: QAbstractItemView,
    shown: list[Column],
    on_pin: Callable[[SeriesRow], object],
    on_cancel: Callable[[SeriesRow], object],
) -> None:
    """Let the painted columns be painted."""
    numbers_of = {column.name: number for number, column in enumerate(shown)}
    pin, strip, work = PinDelegate(table), StripDelegate(table), WorkDelegate(table)
    pin.turned.connect(on_pin)
    work.cancelled.connect(on_cancel)
    for name, delegate in ((PIN, pin), (STRIP, strip), (WORK, work)):
        table.setItemDelegateForColumn(numbers_of[name], delegate)
