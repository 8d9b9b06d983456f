"""The prior weights of confidence are those that their script makes."""

from __future__ import annotations

from pathlib import Path
from runpy import run_path

import pytest

from structgen.evaluate.confidence.log_odds import Weights, prior

MOST = 0.5
"""How far a weight may be from the script's: other signals of a few fields move it, and hardly any probability."""


def test_the_prior_weights_are_those_that_their_script_makes() -> None:
    script = run_path(str(Path(__file__).with_name("planted_errors.py")), run_name="planted_errors")
    made: Weights = script["fitted_prior"]()
    kept = prior()
    assert made.of.keys() == kept.of.keys()
    assert {"base": kept.base, **kept.of} == pytest.approx({"base": made.base, **made.of}, abs=MOST)
