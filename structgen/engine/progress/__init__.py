"""How far a run is: counted in one place, for the panel, the plain lines, tqdm and callables alike."""
