"""What it was worth: every metric with formula, unit and source. Imports domain and numeric."""
