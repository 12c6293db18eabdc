"""Named workspaces: which panels stand where, on which screens, and what they show."""
