"""How the rules read a document: its visible text and lines, labels with values, sections, rows of amounts."""
