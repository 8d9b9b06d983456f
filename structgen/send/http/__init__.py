"""HTTP: the chat completions protocol over the groq SDK, blocking and async, with streaming and retries."""
