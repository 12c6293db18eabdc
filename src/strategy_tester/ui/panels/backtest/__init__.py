"""The backtest panel: what to run and how."""
