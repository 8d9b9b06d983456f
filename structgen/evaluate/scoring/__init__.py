"""Scoring: the verdicts about each document are counted, and the counts become figures with intervals."""
