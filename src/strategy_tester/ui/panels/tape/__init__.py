"""Time and sales."""
