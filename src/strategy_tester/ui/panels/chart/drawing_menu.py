"""The menu of a drawing, opened with the right button."""

from PySide6.QtWidgets import QMenu, QWidget

from strategy_tester.ui import icons
from strategy_tester.ui.charts.drawing.scene import DrawingScene
from strategy_tester.ui.charts.drawing.tool import DrawingTool
from strategy_tester.ui.i18n import mark, tr


def drawing_menu(scene: DrawingScene, tool: DrawingTool, parent: QWidget) -> QMenu | None:
    """What can be done with the selected drawing; None while none is selected."""
    drawing, document = scene.selected, scene.document
    if drawing is None or document is None:
        return None
    menu, free = QMenu(parent), not drawing.is_locked
    lock = mark("Unlock drawing") if drawing.is_locked else mark("Lock drawing")
    lowest = document.drawings[0].order - 1

    def type_text() -> None:
        scene.text_wanted.emit(drawing.id)

    def toggle_lock() -> None:
        scene.change_selected(lock, is_locked=not drawing.is_locked)

    entries = (
        (mark("Text of the drawing"), "format-title", type_text, free, ""),
        (mark("Clone drawing"), "duplicate", scene.clone_selected, True, ""),
        (mark("Copy drawing"), "copy", tool.copy, True, "Ctrl+C"),
        None,
        (mark("Bring to the front"), "up",
         lambda: scene.change_selected(mark("Bring to the front"), order=document.top_order()), True, ""),
        (mark("Send to the back"), "down",
         lambda: scene.change_selected(mark("Send to the back"), order=lowest), True, ""),
        None,
        (lock, "lock-outline" if free else "lock-open-variant-outline", toggle_lock, True, ""),
        (mark("Hide drawing"), "eye-off-outline",
         lambda: scene.change_selected(mark("Hide drawing"), is_hidden=True), True, ""),
        (mark("Delete drawing"), "delete", scene.delete_selected, free, "Del"),
    )  # fmt: skip
    for entry in entries:
        if entry is None:
            menu.addSeparator()
            continue
        title, icon, act, is_possible, keys = entry
        action = menu.addAction(icons.icon(icon), f"{tr(title)}\t{keys}" if keys else tr(title))
        action.setEnabled(is_possible)
        action.triggered.connect(lambda _on=False, act=act: act())
    return menu
