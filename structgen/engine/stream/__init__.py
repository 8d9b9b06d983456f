"""Streaming: show responses while they arrive."""
