"""The strategy panel: list, form, JSON."""
