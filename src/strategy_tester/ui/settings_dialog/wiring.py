"""The one settings dialog of a window, and the entries the program itself brings."""

from strategy_tester.ui.looks import Looks
from strategy_tester.ui.settings_dialog.dialog import SettingsDialog
from strategy_tester.ui.settings_dialog.own_entries import own_entries
from strategy_tester.ui.view_context import ViewContext


def add_own_entries(context: ViewContext, looks: Looks) -> None:
    """Appearance, keyboard, data folder; does no harm when they are there."""
    known = {entry.id for entry in context.preferences.all()}
    context.preferences.add(*(entry for entry in own_entries(context, looks) if entry.id not in known))


def open_settings(context: ViewContext, looks: Looks, entry_id: str = "") -> SettingsDialog:
    """Show the dialog, on an entry if wished; the one that is open comes to the front."""
    add_own_entries(context, looks)
    dialog = context.window.findChild(SettingsDialog)
    if not isinstance(dialog, SettingsDialog):
        dialog = SettingsDialog(context.preferences, context.window)
    dialog.show()
    dialog.raise_()
    dialog.activateWindow()
    if entry_id:
        dialog.show_entry(entry_id)
    return dialog
