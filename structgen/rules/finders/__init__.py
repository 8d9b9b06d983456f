"""Finders, each for one kind of thing in a document. They return a value with the places it came from."""
