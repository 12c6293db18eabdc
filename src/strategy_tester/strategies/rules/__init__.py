"""The typed form of a strategy file: its tree, its words and its columns."""
