"""The progress of a run, counted in one place for the panel, the plain lines, tqdm and callables."""
