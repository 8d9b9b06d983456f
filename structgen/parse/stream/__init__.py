"""Read a response while it grows."""
