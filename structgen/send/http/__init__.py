"""The chat completions protocol over HTTP: the groq SDK's clients, streaming, errors and transport retries."""
