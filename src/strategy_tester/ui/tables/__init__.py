"""One item model and one view for every table."""
