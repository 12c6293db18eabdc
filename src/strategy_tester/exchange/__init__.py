"""Clients of exchanges: history by request, live streams, and what keeps both within the rules."""
