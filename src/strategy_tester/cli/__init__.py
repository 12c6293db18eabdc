"""The `bst` command: the same services without Qt."""
