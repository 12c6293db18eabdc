"""Is the data whole and true: reading, guessing, checking, resampling, making candles. Imports domain, numeric, polars."""
