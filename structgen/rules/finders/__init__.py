"""Finders: each looks for one kind of thing in a document and returns a value with the places it came from."""
