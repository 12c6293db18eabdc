"""The runs panel: history, reopening, comparing."""
