"""The chart panel: candles with trades and the indicators of the strategy."""
