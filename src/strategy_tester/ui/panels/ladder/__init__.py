"""Depth ladder."""
