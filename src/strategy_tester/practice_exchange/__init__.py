"""A local exchange that speaks Bybit v5: stored candles as live data, for practice and for the rehearsal of faults."""
