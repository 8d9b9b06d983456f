"""A previous run read again before anything is sent."""
