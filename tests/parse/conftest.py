"""Hypothesis settings without shrinking, which takes minutes because the values here are large."""

import os

from hypothesis import Phase, settings

phases = [Phase.explicit, Phase.reuse, Phase.generate]
settings.register_profile("parse", phases=phases, deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("parse")
