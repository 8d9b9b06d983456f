"""Checks of tasks, before they cost anything."""
