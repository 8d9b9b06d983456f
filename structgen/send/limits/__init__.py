"""Rate limits (requests and tokens per minute and per day) and concurrency: one limiter per API key and model."""
