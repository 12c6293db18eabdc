"""The first thing a new user sees: ways to a first backtest, one click each."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import ActionRegistry
from strategy_tester.ui.i18n import mark, tr
from strategy_tester.ui.view_context import ViewContext

WAYS = (
    ("data.practice_market", mark("Try it on the practice market"), "market"),
    ("data.download", mark("Download from Bybit"), "cloud-download-outline"),
    ("data.import", mark("Import a file"), "import"),
    ("practice.open", mark("Practice exchange"), "access-point"),
)
"""Action, text of its button, icon. A way is offered once its action is declared."""


class WelcomePanel(QWidget):
    """A greeting and the ways to begin."""

    def __init__(self, context: ViewContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._actions: ActionRegistry = context.actions
        self.buttons: dict[str, QPushButton] = {}
        self._title, self._sentence, self._hint = QLabel(), QLabel(), QLabel()
        self._ways = QHBoxLayout()
        self._build()
        self._docks = context.docks
        self._actions.actions_changed.connect(self._offer_ways)
        context.workbench.series_selected.connect(self._step_aside)
        i18n.retranslate_now_and_later(self._write_texts)

    def _build(self) -> None:
        self._title.setProperty("role", "title")
        self._hint.setProperty("role", "muted")
        self._sentence.setProperty("role", "empty")
        for label in (self._title, self._sentence, self._hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            label.setWordWrap(True)
        self._ways.setSpacing(theme.step(3))
        self._ways.addStretch(1)
        self._ways.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.step(6), theme.step(6), theme.step(6), theme.step(6))
        layout.setSpacing(theme.step(4))
        layout.addStretch(2)
        layout.addWidget(self._title)
        layout.addWidget(self._sentence)
        layout.addLayout(self._ways)
        layout.addWidget(self._hint)
        layout.addStretch(3)
        self._offer_ways()

    def _offer_ways(self) -> None:
        for action_id, _text, icon in WAYS:
            if action_id in self._actions and action_id not in self.buttons:
                button = QPushButton()
                button.setIcon(icons.icon(icon, "on_accent" if not self.buttons else "text"))
                button.setIconSize(QSize(theme.step(5), theme.step(5)))
                button.setMinimumHeight(theme.step(11))
                button.setProperty("role", "primary" if not self.buttons else "")
                button.clicked.connect(lambda _on=False, action_id=action_id: self._actions.trigger(action_id))
                self._ways.insertWidget(self._ways.count() - 1, button)
                self.buttons[action_id] = button
                if self.focusProxy() is None:
                    self.setFocusProxy(button)
        self._write_texts()

    def _step_aside(self, series: object) -> None:
        """A market was chosen: the chart may have the place."""
        if series is not None and self._docks.is_open("welcome"):
            self._docks.close_panel("welcome")

    def _write_texts(self) -> None:
        self._title.setText(tr("Honest backtests of Bybit perpetuals"))
        self._sentence.setText(
            tr("Choose some candles, pick a strategy, press Run: the first result is three clicks away.")
        )
        palette, keys = (self._actions.shortcut_text(name) for name in ("view.palette", "help.keys"))
        self._hint.setText(tr("{palette} finds every command, {keys} shows all keys.", palette=palette, keys=keys))
        for action_id, text, _icon in WAYS:
            if action_id in self.buttons:
                self.buttons[action_id].setText(tr(text))
