"""Compare a value with gold, leaf by leaf. Pure: nothing here reads files or asks models."""

from structgen.evaluate.comparison.leaf_rules import Compare, LeafRule
from structgen.evaluate.comparison.leaf_verdicts import Judgement, Leaf, Verdict, judge
from structgen.evaluate.comparison.scored_fields import ScoredFields

__all__ = ["Compare", "Judgement", "Leaf", "LeafRule", "ScoredFields", "Verdict", "judge"]
