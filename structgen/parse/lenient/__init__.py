"""Decode JSON as models write it: with comments, stray commas, missing or other quotes, raw backslashes."""
