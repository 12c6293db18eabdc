"""Is the data whole and true: reading, checking, resampling and making candles.

Imports domain, numeric and polars.
"""
