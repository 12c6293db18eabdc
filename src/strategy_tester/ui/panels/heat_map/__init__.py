"""Heat map of the order book over time."""
