"""Documents that are too long for one request: read in chunks and merged."""
