"""The bar at the top: the menu, what panels put there, the search field, language and theme."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenu, QToolButton, QWidget

from strategy_tester.ui import i18n, icons, theme
from strategy_tester.ui.actions import GROUPS, ActionRegistry
from strategy_tester.ui.i18n import tr


class TopBar(QWidget):
    """Left: menu and panel widgets. Right: workspace, search, language, theme."""

    def __init__(self, actions: ActionRegistry, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("top-bar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._actions = actions
        self.menu_button, self.workspace, self.search, self.language, self.theme = (QToolButton() for _ in range(5))
        self.menu = QMenu(self)
        self._left = QHBoxLayout()
        self._build()
        theme.theme_changed.connect(self._draw_icons)
        self._draw_icons()
        actions.shortcuts_changed.connect(self._write_texts)
        i18n.retranslate_now_and_later(self._write_texts)

    def add_widget(self, widget: QWidget) -> None:
        """Add to the left part, after what is there."""
        self._left.addWidget(widget)

    def add_action(self, action_id: str) -> None:
        """Add a button for a declared action to the left part."""
        button = QToolButton()
        button.setDefaultAction(self._actions.qaction(action_id))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._left.addWidget(button)

    def add_separator(self) -> None:
        """Add a thin line to the left part."""
        line = QFrame()
        line.setProperty("role", "separator")
        line.setFixedSize(1, theme.step(5))
        self._left.addWidget(line)

    def show_menu(self) -> None:
        """Open the main menu with the keyboard."""
        self.menu_button.showMenu()

    def _build(self) -> None:
        self.menu_button.setIcon(icons.icon("menu"))
        self.menu_button.setMenu(self.menu)
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu.aboutToShow.connect(self._fill_menu)
        self.search.setProperty("role", "search")
        self.search.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.search.setIcon(icons.icon("search", "muted"))
        self.search.setMinimumWidth(theme.step(52))
        self.search.clicked.connect(lambda: self._actions.trigger("view.palette"))
        self.language.clicked.connect(lambda: self._actions.trigger("view.language"))
        self.theme.clicked.connect(lambda: self._actions.trigger("view.theme"))
        self.workspace.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.workspace.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.workspace.setIcon(icons.icon("layout", "muted"))
        size = QSize(theme.step(4.5), theme.step(4.5))
        for button in (self.menu_button, self.workspace, self.search, self.language, self.theme):
            button.setIconSize(size)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.step(1), theme.step(1), theme.step(1), theme.step(1))
        layout.setSpacing(theme.step(1.5))
        self._left.setSpacing(theme.step(1))
        layout.addWidget(self.menu_button)
        layout.addLayout(self._left)
        layout.addStretch(1)
        for widget in (self.workspace, self.search, self.language, self.theme):
            layout.addWidget(widget)

    def _fill_menu(self) -> None:
        self._actions.refresh()
        self.menu.clear()
        for group, title in GROUPS.items():
            members = [action for action in self._actions.all() if action.group == group and action.is_in_menu]
            if not members:
                continue
            submenu = self.menu.addMenu(tr(title))
            for action in members:
                submenu.addAction(self._actions.qaction(action.id))

    def _draw_icons(self) -> None:
        self.theme.setIcon(icons.icon("sun" if theme.current_theme().is_dark else "moon"))

    def _keys(self, action_id: str) -> str:
        return self._actions.shortcut_text(action_id) if action_id in self._actions else ""

    def _write_texts(self) -> None:
        keys = {name: self._keys(f"view.{name}") for name in ("palette", "menu")}
        self.search.setText(f"{tr('Search…')}   {keys['palette']}".strip())
        self.search.setToolTip(tr("Find any command"))
        self.language.setText(i18n.language().upper())
        self.language.setToolTip(tr("Switch to Russian") if i18n.language() == "en" else tr("Switch to English"))
        self.theme.setToolTip(tr("Switch between dark and light"))
        self.menu_button.setToolTip(f"{tr('Menu')}  {keys['menu']}".strip())
        for button in (self.menu_button, self.search, self.language, self.theme):
            button.setAccessibleName(button.toolTip())
