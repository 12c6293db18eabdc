"""Finding things by a few letters: what palette, quick search, settings and key sheet share."""
