"""F1: every key, on screen, on paper, as PDF."""
