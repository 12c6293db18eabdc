"""The results panel: cards, equity with drawdown, months, every metric for all, long and short trades."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QStackedLayout, QTabWidget, QVBoxLayout, QWidget

from strategy_tester.services.notes import Note
from strategy_tester.ui import i18n, numbers, theme
from strategy_tester.ui.charts.equity_chart import EquityChart
from strategy_tester.ui.empty_state import EmptyState
from strategy_tester.ui.i18n import mark, plural, tr
from strategy_tester.ui.panels.parts import BriefLabel, page_layout
from strategy_tester.ui.panels.results.view_model import MetricCard, MetricRow, ResultsViewModel, metric_tooltip
from strategy_tester.ui.tables.columns import change_color
from strategy_tester.ui.tables.records_model import Column, RecordsModel
from strategy_tester.ui.tables.table_view import FilteredTable, RecordTable
from strategy_tester.ui.view_context import ViewContext

MONTHS = (
    mark("Jan"), mark("Feb"), mark("Mar"), mark("Apr"), mark("May"), mark("Jun"), mark("Jul"), mark("Aug"),
    mark("Sep"), mark("Oct"), mark("Nov"), mark("Dec"),
)  # fmt: skip
_SPARE = 6
"""Pixels that frames and the bold hand of a number take more than measured."""
TABS = (mark("Equity"), mark("All metrics"), mark("By month"), mark("Conditions"))


NUMBER_STEPS = 5.0
"""Height of the numbers on the cards, as the style sheet has it."""
SMALLEST_SHARE = 0.7
"""Numbers become so much smaller before the cards take one more row: a number is never cut."""


class CardRow(QWidget):
    """The first numbers, each in a frame of its own."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.step(1.5))
        self._cards: list[tuple[QFrame, BriefLabel, QLabel]] = []
        self._shown: list[MetricCard] = []
        self._placed = 0

    def show_cards(self, cards: list[MetricCard]) -> None:
        """Show these numbers."""
        while len(self._cards) < len(cards):
            self._add()
        for (frame, title, value), card in zip(self._cards, cards, strict=False):
            title.show_text(card.title)
            value.setText(card.text)
            frame.setToolTip(card.tooltip)
            frame.setAccessibleName(f"{card.title}: {card.text}")
        for number, (frame, _title, _value) in enumerate(self._cards):
            frame.setVisible(number < len(cards))
        self._shown = cards
        self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as the panel is made."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_shown"):
            self._fit()

    def _fit(self) -> None:
        """Numbers as large as they can be in one row of cards, else in more rows."""
        if not self._shown:
            return
        count = len(self._shown)
        columns, share = count, 0.0
        for rows in range(1, count + 1):
            columns = -(-count // rows)
            share = min(1.0, self._share_for(columns))
            if share >= SMALLEST_SHARE:
                break
        if columns != self._placed:
            self._place(columns)
        pixels = max(round(theme.step(NUMBER_STEPS) * max(share, SMALLEST_SHARE)), 1)
        for (_frame, _title, value), card in zip(self._cards, self._shown, strict=False):
            color = {1: "up_text", -1: "down_text", 0: "text"}[card.tone]
            sheet = f"color: {getattr(theme.current_theme(), color)}; font-size: {pixels}px;"
            if value.styleSheet() != sheet:
                value.setStyleSheet(sheet)

    def _share_for(self, columns: int) -> float:
        """By how much the numbers would have to shrink for so many cards side by side."""
        font = QFont(self.font())
        font.setPixelSize(theme.step(NUMBER_STEPS))
        font.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        widths = [metrics.horizontalAdvance(card.text) for card in self._shown]
        text = sum(max(widths[column::columns]) for column in range(columns))
        around = self._grid.spacing() * (columns - 1) + columns * (2 * theme.step(2) + _SPARE)
        return (self.width() - around) / max(text, 1)

    def _place(self, columns: int) -> None:
        self._placed = columns
        for number, (frame, _title, _value) in enumerate(self._cards):
            self._grid.addWidget(frame, number // columns, number % columns)
        for column in range(len(self._cards)):
            self._grid.setColumnStretch(column, int(column < columns))

    def _add(self) -> None:
        frame, title, value = QFrame(), BriefLabel(most_lines=1), QLabel()
        frame.setProperty("role", "card")
        value.setProperty("role", "number")
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column = QVBoxLayout(frame)
        column.setContentsMargins(theme.step(2), theme.step(1), theme.step(2), theme.step(1))
        column.setSpacing(0)
        column.addWidget(title)
        column.addWidget(value)
        self._placed = 0
        self._cards.append((frame, title, value))


class ResultsPanel(QWidget):
    """What the shown backtest was worth."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view_model = ResultsViewModel(context.workbench, self)
        self.cards = CardRow()
        self.warnings = QLabel()
        self.equity = EquityChart()
        self.metrics = RecordsModel(self._metric_columns(), [], self)
        self.months = RecordsModel(_month_columns(), [], self)
        self.conditions = RecordsModel(_condition_columns(), [], self)
        self._build()
        self.view_model.changed.connect(self._show)
        theme.theme_changed.connect(self._show)
        i18n.retranslate_now_and_later(self._write_texts)

    def _build(self) -> None:
        self.warnings.setProperty("role", "muted")
        self.warnings.setWordWrap(True)
        self.warnings.setTextFormat(Qt.TextFormat.PlainText)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        metrics, months, conditions = (RecordTable(model) for model in (self.metrics, self.months, self.conditions))
        for table, name in ((metrics, "metrics"), (months, "months"), (conditions, "conditions")):
            table.setObjectName(f"results-{name}-table")
        for content in (self.equity, FilteredTable(metrics), months, conditions):
            self.tabs.addTab(content, "")
        page = QWidget()
        column = page_layout(page)
        column.addWidget(self.cards)
        column.addWidget(self.warnings)
        column.addWidget(self.tabs, 1)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(
            EmptyState(
                mark("Run a backtest to see what it was worth."),
                mark("Run"),
                lambda: self._context.actions.trigger("backtest.run"),
                icon="results",
            )
        )
        self._pages.addWidget(page)

    def _show(self) -> None:
        finished = self.view_model.finished
        self._pages.setCurrentIndex(0 if finished is None else 1)
        if finished is None:
            return
        self.cards.show_cards(self.view_model.cards())
        self.warnings.setText("  ".join(f"• {_note_text(note)}" for note in finished.warnings))
        self.warnings.setVisible(bool(finished.warnings))
        self.equity.set_result(finished.result)
        self.metrics.set_rows(self.view_model.rows())
        self.months.set_rows(self.view_model.months())
        self.conditions.set_rows(finished.conditions)

    def _metric_columns(self) -> list[Column]:
        def side(name: str, title: str) -> Column:
            return Column(
                title,
                lambda row: getattr(row, name),
                lambda row: self.view_model.text_of(row.info, getattr(row, name)),
                "right",
            )

        def tooltip(row: MetricRow) -> str:
            return metric_tooltip(row.info)

        return [
            Column(mark("Metric"), lambda row: row.info.title, lambda row: tr(row.info.title), tooltip=tooltip),
            side("all", mark("All")),
            side("long", mark("Long")),
            side("short", mark("Short")),
            Column(mark("Formula"), lambda row: row.info.formula, tooltip=tooltip),
        ]

    def _write_texts(self) -> None:
        for number, title in enumerate(TABS):
            self.tabs.setTabText(number, tr(title))
        self._show()


def _month_columns() -> list[Column]:
    def month(number: int, title: str) -> Column:
        return Column(
            title,
            lambda row: row[1][number],
            lambda row: numbers.format_percent(row[1][number], sign=True),
            "right",
            color=lambda row: change_color(row[1][number]),
        )

    year = Column(mark("Year"), lambda row: row[0])
    total = Column(
        mark("Whole year"),
        lambda row: row[2],
        lambda row: numbers.format_percent(row[2], sign=True),
        "right",
        color=lambda row: change_color(row[2]),
    )
    return [year, *(month(number, title) for number, title in enumerate(MONTHS)), total]


def _note_text(note: Note) -> str:
    return tr(note.text) if note.count is None else plural(note.text, note.count)


def _condition_columns() -> list[Column]:
    return [
        Column(mark("Place"), lambda row: row.place),
        Column(mark("Condition"), lambda row: row.text),
        Column(
            mark("Bars on which it was met"), lambda row: row.hits, lambda row: numbers.format_count(row.hits), "right"
        ),
    ]
