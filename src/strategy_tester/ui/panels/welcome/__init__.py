"""The first thing a new user sees."""
