"""Gold: the rows with right answers, how they are read, and which of them an evaluation uses."""
