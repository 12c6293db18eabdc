"""Ctrl+K: where the quick search finds things, and the overlay itself."""
