"""The download of history: what is wanted, and the queue that brings it."""
