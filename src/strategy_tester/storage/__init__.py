"""DuckDB and the journal live only here. Imports services and domain."""
