"""What a user sees of a run while it goes on: a panel on a terminal, plain lines elsewhere."""
