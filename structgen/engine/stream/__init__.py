"""Responses shown while they arrive."""
