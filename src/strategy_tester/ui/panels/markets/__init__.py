"""The symbols of an exchange, with what they cost and how they move."""
