"""The data panel: stored series, import with a quality report."""
