"""The program's version, in the one place that both the package and its layers may read."""

VERSION = "0.1.0"
