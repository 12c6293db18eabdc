"""Finding things by a few letters: what the palette and the quick search share, and where their hits come from."""
