"""Estimate what many documents would take, before anything is sent: requests, tokens, cost and time."""
