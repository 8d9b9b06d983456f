"""Requests and tokens per minute and day, and calls at once: one limiter for each key and model."""
