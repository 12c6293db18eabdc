"""Binance USD-M futures, public data only: a second source behind the same port."""
