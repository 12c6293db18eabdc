"""The figures of one market: prices, day, open interest, funding."""
