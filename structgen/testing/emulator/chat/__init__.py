"""Chat completions of the emulator: the checks, the answers, the responses."""
