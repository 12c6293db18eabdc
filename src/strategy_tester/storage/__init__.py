"""DuckDB and the journal, and nothing else knows of them. Imports services' ports and domain words."""
