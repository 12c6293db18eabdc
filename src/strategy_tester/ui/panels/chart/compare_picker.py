"""The dialog in which markets to compare are ticked."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout

from strategy_tester.ui import i18n, theme
from strategy_tester.ui.charts.legend import SOURCES
from strategy_tester.ui.i18n import tr

if TYPE_CHECKING:
    from strategy_tester.ui.panels.chart.compare import CompareFeature

_MARKET_ROLE = Qt.ItemDataRole.UserRole


class ComparePicker(QDialog):
    """Every tick is on the chart at once.

    Args:
        feature: The comparison it changes.
    """

    def __init__(self, feature: "CompareFeature") -> None:
        super().__init__(feature.panel)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._feature = feature
        self.search, self.list, self.hint = QLineEdit(), QListWidget(), QLabel()
        self.hint.setProperty("role", "muted")
        self.hint.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(3), theme.step(3), theme.step(3), theme.step(3))
        layout.setSpacing(theme.step(2))
        for widget, stretch in ((self.search, 0), (self.list, 1), (self.hint, 0)):
            layout.addWidget(widget, stretch)
        self.resize(theme.step(110), theme.step(110))
        self.search.textChanged.connect(lambda _text: self._show())
        self.list.itemChanged.connect(self._ticked)
        self.list.itemActivated.connect(self._turn)
        feature.changed.connect(self._show)
        i18n.retranslate_now_and_later(self._write_texts)

    def _show(self) -> None:
        words = self.search.text().lower().split()
        self.list.blockSignals(True)
        row = self.list.currentRow()
        self.list.clear()
        for symbol, source in self._feature.markets():
            text = f"{symbol} · {tr(SOURCES.get(source, source))}"
            if not all(word in f"{text} {source}".lower() for word in words):
                continue
            item = QListWidgetItem(text, self.list)
            item.setData(_MARKET_ROLE, (symbol, source))
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            is_on = self._feature.is_compared(symbol, source)
            item.setCheckState(Qt.CheckState.Checked if is_on else Qt.CheckState.Unchecked)
        self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        self.list.blockSignals(False)
        self.hint.setText(
            tr("Percent from the first candle in sight; the scale goes back when nothing is compared.")
            if self.list.count()
            else tr("There is no other symbol here. Import or download one first.")
        )

    def _ticked(self, item: QListWidgetItem) -> None:
        symbol, source = item.data(_MARKET_ROLE)
        if (item.checkState() == Qt.CheckState.Checked) != self._feature.is_compared(symbol, source):
            self._feature.toggle(symbol, source)

    def _turn(self, item: QListWidgetItem) -> None:
        self._feature.toggle(*item.data(_MARKET_ROLE))

    def _write_texts(self) -> None:
        self.setWindowTitle(tr("Compare"))
        self.search.setPlaceholderText(tr("Find a symbol"))
        self.search.setAccessibleName(tr("Find a symbol"))
        self.list.setAccessibleName(tr("Symbols to compare"))
        self._show()
