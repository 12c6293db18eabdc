"""The one style sheet, generated from a theme. Distances are steps of the font's rhythm, never fixed pixels.

Widgets say what they are with the property `role`: label, muted, heading, field-error, empty-state, card, quiet,
primary, danger, pill... A hairline is 1 px: Qt scales it with the screen.
"""

from strategy_tester.ui.style_images import picture
from strategy_tester.ui.theme import Theme, step


def style_sheet(theme: Theme) -> str:
    """Qt style sheet of the whole program."""
    parts = (
        _ground,
        _words,
        _buttons,
        _fields,
        _switches,
        _lists,
        _tabs,
        _docks,
        _menus,
        _scroll_bars,
        _bars,
        _overlays,
    )
    return "\n".join(part(theme) for part in parts)


def _radius() -> str:
    return f"border-radius: {step(1)}px;"


def _ground(theme: Theme) -> str:
    return f"""
QMainWindow, QDialog, QMessageBox {{ background: {theme.window}; }}
QToolTip {{
    background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.field_border};
    padding: {step(1)}px {step(1.5)}px;
}}
QScrollArea {{ background: transparent; border: none; }}
QScrollArea > QWidget#qt_scrollarea_viewport {{ background: transparent; }}
QScrollArea > QWidget#qt_scrollarea_viewport > QWidget {{ background: transparent; }}
QFrame[role="card"] {{ background: {theme.raised}; border: 1px solid {theme.line}; {_radius()} }}
QFrame[role="separator"] {{ background: {theme.line}; border: none; }}
QSplitter::handle {{ background: {theme.window}; }}
QSplitter::handle:horizontal {{ width: {step(1)}px; }}
QSplitter::handle:vertical {{ height: {step(1)}px; }}
QSplitter::handle:hover {{ background: {theme.accent}; }}
QGroupBox {{
    border: none; border-top: 1px solid {theme.line}; margin-top: {step(4)}px; padding-top: {step(1)}px;
    font-weight: 600;
}}
QGroupBox::title {{ subcontrol-origin: margin; left: 0; padding: 0 {step(2)}px 0 0; color: {theme.muted}; }}
"""


def _words(theme: Theme) -> str:
    return f"""
QLabel {{ background: transparent; }}
QLabel[role="label"], QLabel[role="muted"] {{ color: {theme.muted}; }}
QLabel[role="label"]:disabled {{ color: {theme.disabled}; }}
QLabel[role="heading"] {{ font-weight: 600; font-size: {step(4)}px; }}
QLabel[role="title"] {{ font-weight: 600; font-size: {step(6)}px; }}
QLabel[role="section"] {{ color: {theme.muted}; font-weight: 600; }}
QLabel[role="number"] {{ font-weight: 600; font-size: {step(5)}px; }}
QLabel[role="field-error"], QLabel[role="error-what"] {{ color: {theme.danger_text}; }}
QLabel[role="error-what"] {{ font-weight: 600; }}
QLabel[role="empty"] {{ color: {theme.muted}; }}
QLabel[tone="up"] {{ color: {theme.up_text}; }}
QLabel[tone="down"] {{ color: {theme.down_text}; }}
QLabel[tone="warn"] {{ color: {theme.warn_text}; }}
QLabel[tone="danger"] {{ color: {theme.danger_text}; }}
QLabel[role="key"] {{
    background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.field_border}; {_radius()}
    padding: {step(0.25)}px {step(1.5)}px;
}}
QWidget[role="empty-state"] {{ background: {theme.panel}; }}
"""


def _buttons(theme: Theme) -> str:
    return f"""
QPushButton {{
    background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.field_border}; {_radius()}
    padding: {step(1)}px {step(3)}px; min-height: {step(4.5)}px;
}}
QPushButton:hover {{ background: {theme.hover}; }}
QPushButton:pressed, QPushButton:checked {{ background: {theme.pressed}; }}
QPushButton:focus {{ border: 1px solid {theme.focus}; }}
QPushButton:disabled {{ color: {theme.disabled}; border-color: {theme.line}; }}
QPushButton[role="primary"], QDialog QPushButton:default {{
    background: {theme.accent_fill}; color: {theme.on_accent}; border: 1px solid {theme.accent_fill}; font-weight: 600;
}}
QPushButton[role="primary"]:hover, QDialog QPushButton:default:hover {{
    background: {theme.accent_hover}; border-color: {theme.accent_hover};
}}
QPushButton[role="primary"]:pressed, QDialog QPushButton:default:pressed {{ background: {theme.accent_pressed}; }}
QPushButton[role="primary"]:focus, QDialog QPushButton:default:focus {{ border: 1px solid {theme.text}; }}
QPushButton[role="primary"]:disabled {{
    background: {theme.raised}; color: {theme.disabled}; border-color: {theme.line};
}}
QPushButton[role="danger"] {{ color: {theme.danger_text}; }}
QPushButton[role="danger"]:disabled {{ color: {theme.disabled}; }}
QPushButton[role="danger"]:hover {{
    background: {theme.danger_fill}; color: {theme.on_accent}; border-color: {theme.danger_fill};
}}
QPushButton[role="quiet"] {{ background: transparent; border-color: transparent; padding: {step(0.5)}px {step(2)}px; }}
QPushButton[role="quiet"]:hover {{ background: {theme.hover}; }}
QPushButton[role="quiet"]:focus {{ border-color: {theme.focus}; }}
QPushButton::menu-indicator {{ image: {picture("down", theme.muted, step(3))}; }}
QToolButton {{
    background: transparent; color: {theme.text}; border: 1px solid transparent; {_radius()}
    padding: {step(0.75)}px {step(1)}px;
}}
QToolButton:hover {{ background: {theme.hover}; }}
QToolButton:pressed, QToolButton:open {{ background: {theme.pressed}; }}
QToolButton:checked {{ background: {theme.selection}; }}
QToolButton:focus {{ border-color: {theme.focus}; }}
QToolButton:disabled {{ color: {theme.disabled}; }}
QToolButton::menu-indicator {{ image: none; }}
QToolButton[popupMode="1"] {{ padding-right: {step(4)}px; }}
QToolButton::menu-button {{ border: none; width: {step(4)}px; }}
QToolButton::menu-arrow {{ image: {picture("down", theme.muted, step(3))}; }}
QToolButton[role="search"] {{
    background: {theme.raised}; border: 1px solid {theme.line}; color: {theme.muted};
    padding: {step(0.75)}px {step(2)}px;
}}
QToolButton[role="search"]:hover {{ border-color: {theme.field_border}; color: {theme.text}; }}
QToolButton[role="search"]:focus {{ border-color: {theme.focus}; }}
"""


def _fields(theme: Theme) -> str:
    field = "QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit"
    return f"""
{field} {{
    background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.line}; {_radius()}
    selection-background-color: {theme.accent_fill}; selection-color: {theme.on_accent};
}}
QLineEdit, QAbstractSpinBox, QComboBox {{ padding: {step(0.5)}px {step(1.5)}px; min-height: {step(4.5)}px; }}
QPlainTextEdit, QTextEdit {{ background: {theme.panel}; padding: {step(1)}px; }}
QLineEdit:hover, QAbstractSpinBox:hover, QComboBox:hover {{ border-color: {theme.field_border}; }}
QLineEdit:focus, QAbstractSpinBox:focus, QComboBox:focus, QComboBox:on, QPlainTextEdit:focus, QTextEdit:focus {{
    border: 1px solid {theme.focus};
}}
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled {{
    background: {theme.panel}; color: {theme.disabled}; border-color: {theme.line};
}}
QLineEdit[invalid="true"], QAbstractSpinBox[invalid="true"], QComboBox[invalid="true"] {{
    border: 1px solid {theme.danger};
}}
QAbstractSpinBox QLineEdit, QComboBox QLineEdit {{
    background: transparent; border: none; padding: 0; min-height: 0;
}}
QAbstractSpinBox {{ padding-right: {step(4)}px; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{
    subcontrol-origin: border; width: {step(4)}px; border: none; background: transparent;
}}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; border-top-right-radius: {step(1)}px; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; border-bottom-right-radius: {step(1)}px; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {theme.hover}; }}
QAbstractSpinBox::up-button:pressed, QAbstractSpinBox::down-button:pressed {{ background: {theme.pressed}; }}
QAbstractSpinBox::up-arrow {{ image: {picture("up", theme.muted, step(2.5))}; width: {step(2.5)}px; }}
QAbstractSpinBox::down-arrow {{ image: {picture("down", theme.muted, step(2.5))}; width: {step(2.5)}px; }}
QAbstractSpinBox::up-arrow:disabled, QAbstractSpinBox::up-arrow:off {{
    image: {picture("up", theme.disabled, step(2.5))};
}}
QAbstractSpinBox::down-arrow:disabled, QAbstractSpinBox::down-arrow:off {{
    image: {picture("down", theme.disabled, step(2.5))};
}}
QDateTimeEdit::drop-down {{
    subcontrol-origin: border; subcontrol-position: center right; border: none; background: transparent;
    width: {step(5)}px;
}}
QDateTimeEdit::down-arrow {{
    image: {picture("down", theme.muted, step(3))}; width: {step(3)}px; height: {step(3)}px;
}}
QCalendarWidget QWidget {{ background: {theme.raised}; alternate-background-color: {theme.raised}; }}
QCalendarWidget QAbstractItemView {{
    background: {theme.panel}; selection-background-color: {theme.accent_fill};
    selection-color: {theme.on_accent}; padding: 0;
}}
QCalendarWidget QToolButton {{ padding: {step(1)}px {step(2)}px; font-weight: 600; }}
QCalendarWidget #qt_calendar_prevmonth {{ qproperty-icon: {picture("left", theme.text, step(4))}; }}
QCalendarWidget #qt_calendar_nextmonth {{ qproperty-icon: {picture("right", theme.text, step(4))}; }}
QComboBox {{ padding-right: {step(5)}px; }}
QComboBox::drop-down {{ border: none; width: {step(5)}px; }}
QComboBox::down-arrow {{ image: {picture("down", theme.muted, step(3))}; width: {step(3)}px; height: {step(3)}px; }}
QComboBox::down-arrow:disabled {{ image: {picture("down", theme.disabled, step(3))}; }}
QComboBox QAbstractItemView {{
    background: {theme.raised}; border: 1px solid {theme.field_border}; padding: {step(0.5)}px; outline: none;
    selection-background-color: {theme.selection}; selection-color: {theme.text};
}}
QComboBox QAbstractItemView::item {{ min-height: {step(6)}px; padding: 0 {step(1)}px; }}
"""


def _switches(theme: Theme) -> str:
    size = step(4)
    return f"""
QCheckBox, QRadioButton {{ spacing: {step(2)}px; background: transparent; }}
QCheckBox::indicator, QRadioButton::indicator, QAbstractItemView::indicator, QMenu::indicator:unchecked {{
    width: {size}px; height: {size}px; border: 1px solid {theme.field_border}; background: {theme.raised};
    border-radius: {step(0.75)}px;
}}
QRadioButton::indicator {{ border-radius: {size // 2 + 1}px; }}
QCheckBox::indicator:hover, QRadioButton::indicator:hover {{ border-color: {theme.muted}; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {theme.focus}; }}
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked {{
    background: {theme.accent_fill}; border-color: {theme.accent_fill};
    image: {picture("check", theme.on_accent, size)};
}}
QCheckBox::indicator:indeterminate {{
    background: {theme.accent_fill}; border-color: {theme.accent_fill}; image: {picture("dash", theme.on_accent, size)};
}}
QRadioButton::indicator:checked {{
    background: {theme.accent_fill}; border-color: {theme.accent_fill}; image: {picture("dot", theme.on_accent, size)};
}}
QCheckBox::indicator:checked:focus, QRadioButton::indicator:checked:focus {{ border-color: {theme.text}; }}
QCheckBox::indicator:disabled, QRadioButton::indicator:disabled {{
    background: {theme.panel}; border-color: {theme.line};
}}
QCheckBox::indicator:checked:disabled {{ image: {picture("check", theme.disabled, size)}; }}
QSlider::groove:horizontal {{ height: {step(1)}px; background: {theme.line}; border-radius: {step(0.5)}px; }}
QSlider::sub-page:horizontal {{ background: {theme.accent}; border-radius: {step(0.5)}px; }}
QSlider::handle:horizontal {{
    width: {step(4)}px; margin: -{step(1.5)}px 0; border-radius: {step(2)}px; background: {theme.text};
}}
QSlider::handle:horizontal:focus {{ background: {theme.focus}; }}
"""


def _lists(theme: Theme) -> str:
    return f"""
QAbstractItemView {{ outline: none; }}
QTableView, QTreeView, QListView {{
    background: {theme.panel}; alternate-background-color: {theme.stripe}; color: {theme.text};
    border: 1px solid transparent; gridline-color: {theme.grid}; outline: none;
    selection-background-color: {theme.selection}; selection-color: {theme.text};
}}
QTableView:focus, QTreeView:focus, QListView:focus {{ border: 1px solid {theme.focus}; }}
QTableView::item {{ padding: 0 {step(2)}px; border: none; }}
QListView::item, QTreeView::item {{ padding: {step(1)}px {step(2)}px; border: none; }}
QTableView::item:hover, QTreeView::item:hover, QListView::item:hover {{ background: {theme.hover_row}; }}
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected {{
    background: {theme.selection}; color: {theme.text};
}}
QHeaderView {{ background: {theme.panel}; border: none; }}
QHeaderView::section {{
    background: {theme.panel}; color: {theme.muted}; border: none; border-bottom: 1px solid {theme.line};
    padding: {step(1)}px {step(2)}px; font-weight: 600;
}}
QHeaderView::section:hover {{ color: {theme.text}; background: {theme.raised}; }}
QHeaderView::section:vertical {{ border-bottom: none; border-right: 1px solid {theme.line}; }}
QHeaderView::up-arrow {{
    image: {picture("up", theme.accent_text, step(3))}; width: {step(3)}px; height: {step(3)}px;
    subcontrol-position: center left; subcontrol-origin: margin; left: 0;
}}
QHeaderView::down-arrow {{
    image: {picture("down", theme.accent_text, step(3))}; width: {step(3)}px; height: {step(3)}px;
    subcontrol-position: center left; subcontrol-origin: margin; left: 0;
}}
QTableCornerButton::section {{ background: {theme.panel}; border: none; }}
QTreeView::branch:has-children:closed {{ image: {picture("right", theme.muted, step(3))}; }}
QTreeView::branch:has-children:open {{ image: {picture("down", theme.muted, step(3))}; }}
"""


def _tabs(theme: Theme) -> str:
    return f"""
QTabWidget::pane {{ border: none; border-top: 1px solid {theme.line}; }}
QTabBar {{ background: transparent; qproperty-drawBase: 0; }}
QTabBar::tab {{
    background: transparent; color: {theme.muted}; padding: {step(1.5)}px {step(3)}px;
    border: none; border-bottom: {step(0.5)}px solid transparent;
}}
QTabBar::tab:hover {{ color: {theme.text}; }}
QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
QTabBar::tab:focus {{ color: {theme.focus}; }}
"""


def _docks(theme: Theme) -> str:
    return f"""
ads--CDockContainerWidget {{ background: {theme.window}; }}
ads--CDockContainerWidget ads--CDockSplitter::handle {{ background: {theme.window}; }}
ads--CDockSplitter::handle:horizontal {{ width: {step(1)}px; }}
ads--CDockSplitter::handle:vertical {{ height: {step(1)}px; }}
ads--CDockSplitter::handle:hover {{ background: {theme.accent}; }}
ads--CDockAreaWidget {{ background: {theme.panel}; border: 1px solid {theme.line}; }}
ads--CDockAreaTitleBar {{
    background: {theme.window}; border: none; border-bottom: 1px solid {theme.line}; padding: 0;
}}
ads--CDockWidgetTab {{
    background: {theme.window}; border: none; border-right: 1px solid {theme.line};
    border-top: {step(0.5)}px solid transparent; padding: 0 {step(1)}px; min-height: {step(7)}px;
}}
ads--CDockWidgetTab:hover {{ background: {theme.raised}; }}
ads--CDockWidgetTab QLabel {{ color: {theme.muted}; padding: 0; }}
ads--CDockWidgetTab #dockWidgetTabLabel {{ padding: 0 {step(1)}px; }}
ads--CDockWidgetTab[activeTab="true"] {{ background: {theme.panel}; }}
ads--CDockWidgetTab[activeTab="true"] QLabel {{ color: {theme.text}; }}
ads--CDockWidgetTab[focused="true"] {{ border-top-color: {theme.accent}; }}
ads--CDockWidgetTab[focused="true"] QLabel {{ color: {theme.text}; }}
ads--CDockWidget {{ background: {theme.panel}; border: none; }}
ads--CDockWidget > QScrollArea {{ border: none; padding: 0; }}
ads--CTitleBarButton {{ padding: {step(0.5)}px; margin: {step(0.5)}px; }}
#tabCloseButton {{ padding: {step(0.25)}px; margin: 0; background: transparent; border: none; min-height: 0; }}
#tabCloseButton:hover {{ background: {theme.pressed}; }}
ads--CFloatingDockContainer {{ background: {theme.window}; }}
"""


def _menus(theme: Theme) -> str:
    return f"""
QMenu {{
    background: {theme.raised}; color: {theme.text}; border: 1px solid {theme.field_border}; padding: {step(1)}px;
}}
QMenu::item {{ padding: {step(1.25)}px {step(6)}px {step(1.25)}px {step(2)}px; border-radius: {step(0.75)}px; }}
QMenu::item:selected {{ background: {theme.selection}; }}
QMenu::item:disabled {{ color: {theme.disabled}; }}
QMenu::icon {{ padding-left: {step(2)}px; }}
QMenu::separator {{ height: 1px; background: {theme.line}; margin: {step(1)}px {step(1)}px; }}
QMenu::indicator {{ width: {step(4)}px; height: {step(4)}px; left: {step(1.5)}px; }}
QMenu::indicator:checked {{ image: {picture("check", theme.accent_text, step(4))}; }}
QMenu::indicator:unchecked {{ border: none; background: transparent; }}
QMenu::right-arrow {{ image: {picture("right", theme.muted, step(3))}; width: {step(3)}px; height: {step(3)}px; }}
QMenuBar {{ background: {theme.window}; }}
QMenuBar::item {{ padding: {step(1)}px {step(2)}px; background: transparent; }}
QMenuBar::item:selected {{ background: {theme.hover}; }}
"""


def _scroll_bars(theme: Theme) -> str:
    return f"""
QScrollBar {{ background: transparent; border: none; margin: 0; }}
QScrollBar:vertical {{ width: {step(2.5)}px; }}
QScrollBar:horizontal {{ height: {step(2.5)}px; }}
QScrollBar::handle {{ background: {theme.scroll_handle}; border-radius: {step(0.75)}px; margin: {step(0.5)}px; }}
QScrollBar::handle:vertical {{ min-height: {step(8)}px; }}
QScrollBar::handle:horizontal {{ min-width: {step(8)}px; }}
QScrollBar::handle:hover, QScrollBar::handle:pressed {{ background: {theme.muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; background: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: none; }}
QAbstractScrollArea::corner {{ background: transparent; }}
"""


def _bars(theme: Theme) -> str:
    return f"""
#top-bar {{ background: {theme.window}; border: none; border-bottom: 1px solid {theme.line}; }}
#status-bar {{ background: {theme.window}; border: none; border-top: 1px solid {theme.line}; }}
#status-bar QLabel {{ color: {theme.muted}; }}
#status-bar QLabel[tone="good"] {{ color: {theme.muted}; }}
#status-bar QLabel[tone="warn"] {{ color: {theme.warn_text}; }}
#status-bar QLabel[tone="danger"] {{ color: {theme.danger_text}; }}
#status-bar QLabel#environment {{ color: {theme.text}; font-weight: 600; }}
#status-bar QToolButton {{ padding: 0 {step(1)}px; }}
QProgressBar {{
    background: {theme.line}; border: none; border-radius: {step(0.5)}px; min-height: {step(1)}px;
    max-height: {step(1)}px; text-align: center; color: transparent;
}}
QProgressBar::chunk {{ background: {theme.accent}; border-radius: {step(0.5)}px; }}
QStatusBar::item {{ border: none; }}
"""


def _overlays(theme: Theme) -> str:
    return f"""
QFrame[role="error-strip"] {{
    background: {theme.danger_ground}; border: 1px solid {theme.danger_border}; {_radius()}
}}
QFrame[role="notice-strip"] {{
    background: {theme.warn_ground}; border: 1px solid {theme.warn_border}; {_radius()}
}}
QFrame[role="palette"] {{
    background: {theme.raised}; border: 1px solid {theme.field_border}; border-radius: {step(2)}px;
}}
QFrame[role="palette"] QLineEdit {{
    background: transparent; border: none; border-bottom: 1px solid {theme.line}; border-radius: 0;
    padding: {step(2.5)}px {step(2)}px; font-size: {step(4.5)}px;
}}
QFrame[role="palette"] QListView {{ background: transparent; border: none; }}
QFrame[role="palette"] QListView::item {{ padding: 0; }}
QFrame[role="palette"] QLabel[role="empty"] {{ padding: {step(2)}px; }}
QLabel[role="footer"] {{
    color: {theme.muted}; border-top: 1px solid {theme.line}; padding: {step(1.5)}px {step(2)}px {step(0.5)}px;
}}
QListWidget[role="pages"] {{ background: transparent; }}
QListWidget[role="pages"]::item {{ padding: {step(1.5)}px {step(2)}px; border-radius: {step(1)}px; }}
QWidget[role="found"] {{ background: {theme.hover_row}; {_radius()} }}
QFrame[role="toast"] {{
    background: {theme.raised}; border: 1px solid {theme.field_border}; border-radius: {step(1.5)}px;
}}
QFrame[role="toast"] QLabel {{ color: {theme.text}; }}
"""
