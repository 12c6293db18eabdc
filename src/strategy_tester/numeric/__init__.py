"""Arithmetic without market words: compiled building blocks. Imports numpy and numba."""
