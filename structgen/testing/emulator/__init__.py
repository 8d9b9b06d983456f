"""A Groq server for tests, on loopback."""
