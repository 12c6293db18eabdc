"""What would have happened: the backtest kernel and its driver. Imports domain and numeric."""
