"""Hypothesis without the search for the smallest example: the values here are large, and it takes minutes."""

from hypothesis import Phase, settings

settings.register_profile("parse", phases=[Phase.explicit, Phase.reuse, Phase.generate], deadline=None)
settings.load_profile("parse")
