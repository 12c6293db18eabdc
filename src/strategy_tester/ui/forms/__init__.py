"""Forms drawn from Parameters."""
