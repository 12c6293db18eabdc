"""What docks look like and how they behave; the second and last module that knows QtAds, for `docks` alone."""

from PySide6.QtCore import QSize
from PySide6QtAds import ads as QtAds  # noqa: N812  the library's own name

from strategy_tester.ui import icons, theme

_TAB_ICON_STEPS = 4


def choose_looks() -> None:
    """Choose what docks look like; the library wants this before the first manager exists."""
    manager, flag = QtAds.CDockManager, QtAds.CDockManager.eConfigFlag
    manager.setConfigFlags(manager.DefaultOpaqueConfig)
    for wanted in (
        flag.FloatingContainerForceNativeTitleBar,
        flag.AlwaysShowTabs,
        flag.FocusHighlighting,
        flag.DockAreaDynamicTabsMenuButtonVisibility,
        flag.DockAreaHideDisabledButtons,
        flag.DisableTabTextEliding,
        flag.FloatingContainerHasWidgetTitle,
        flag.MiddleMouseButtonClosesTab,
        flag.EqualSplitOnInsertion,
        flag.DisableStylesheet,
    ):
        manager.setConfigFlag(wanted, True)
    for unwanted in (
        flag.DockAreaHasCloseButton,
        flag.AllTabsHaveCloseButton,
        flag.FloatingContainerHasWidgetIcon,
        flag.XmlCompressionEnabled,
    ):
        manager.setConfigFlag(unwanted, False)


def fit_tab_icon(dock: QtAds.CDockWidget) -> None:
    """The picture on a panel's tab grows with the text."""
    side = theme.step(_TAB_ICON_STEPS)
    dock.tabWidget().setIconSize(QSize(side, side))


def register_icons(manager: QtAds.CDockManager) -> None:
    """Our icons on the buttons of tabs and title bars; they follow the theme."""
    provider = manager.iconProvider()
    pictures = {
        QtAds.TabCloseIcon: "close",
        QtAds.DockAreaCloseIcon: "close",
        QtAds.DockAreaMenuIcon: "chevron_down",
        QtAds.DockAreaUndockIcon: "detach",
        QtAds.DockAreaMinimizeIcon: "chevron_down",
    }
    for place, name in pictures.items():
        provider.registerCustomIcon(place, icons.icon(name, "muted"))
