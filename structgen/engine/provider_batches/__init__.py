"""Batches of requests that a provider answers later, at a share of the price."""
