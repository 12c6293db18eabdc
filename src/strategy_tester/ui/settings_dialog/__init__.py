"""The settings dialog: entries that anybody may add, pages, the table of shortcuts."""
