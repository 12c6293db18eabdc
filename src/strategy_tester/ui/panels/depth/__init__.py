"""Depth chart."""
