"""What candles say: every indicator, declared once in the registry. Imports domain and numeric."""
