"""The results panel: cards, curves, months, all metrics by side."""
