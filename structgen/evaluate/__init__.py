"""Looking at tasks before they cost anything."""
