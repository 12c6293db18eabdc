"""Live markets in the window: which exchange is listened to, how it is doing, and who is shown what."""
