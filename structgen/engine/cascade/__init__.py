"""Several models for one value: the cheapest is asked first, and the next one only for what is left open."""
