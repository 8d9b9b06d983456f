"""Provider batches: requests that the provider answers within a day, at a reduced price."""
