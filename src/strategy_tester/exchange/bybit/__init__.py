"""Bybit, v5 interface."""
