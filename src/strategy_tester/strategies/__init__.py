"""What to want: the strategy file, its typed rules, and their signals. Imports indicators, market data and below."""
