"""Qt lives only here. Imports services and domain."""
