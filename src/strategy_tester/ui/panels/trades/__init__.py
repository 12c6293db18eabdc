"""The trades panel: every closed trade."""
