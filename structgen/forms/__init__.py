"""The forms in which a response is asked for: plain, strict, and with quotes."""
