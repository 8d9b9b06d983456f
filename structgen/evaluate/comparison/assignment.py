"""The best way to pair the items of two lists: as much in common as possible, each item used once.

Small problems are solved here. For larger ones there is scipy, which not everybody needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any, cast

from structgen.core.errors import ConfigurationError

_SMALL, _LARGEST = 40, 200
"""Rows of a problem that is solved here in any case, and without scipy: the time grows with their cube."""

Weights = Sequence[Sequence[int]]


def best_pairs(weights: Weights) -> list[tuple[int, int]]:
    """Return (row, column) pairs with the greatest sum of weights: as many as there are rows or columns, by row.

    Weights are integers of at least 0. Raises ConfigurationError if the lists are so long that scipy is needed, and it
    is not installed.
    """
    if not weights or not weights[0]:
        return []
    rows, columns = len(weights), len(weights[0])
    if rows > columns:
        turned = [[weights[row][column] for row in range(rows)] for column in range(columns)]
        return sorted((row, column) for column, row in best_pairs(turned))
    if rows == 1:
        first = weights[0]
        return [(0, max(range(columns), key=first.__getitem__))]
    return _augmented(weights) if rows <= _SMALL else _by_scipy(weights)


def _augmented(weights: Weights) -> list[tuple[int, int]]:
    """Solve by shortest augmenting paths with potentials (Kuhn and Munkres): rows <= columns."""
    rows, columns = len(weights), len(weights[0])
    of_row, of_column = [0] * (rows + 1), [0] * (columns + 1)  # potentials; place 0 is the start of every path
    taken, before = [0] * (columns + 1), [0] * (columns + 1)  # the row of each column; the column before it on the path
    for row in range(1, rows + 1):
        taken[0], here = row, 0
        least: list[float] = [float("inf")] * (columns + 1)
        used = [False] * (columns + 1)
        while taken[here]:
            used[here] = True
            current, step, nearest = taken[here], float("inf"), 0
            costs, above = weights[current - 1], of_row[current]
            for column in range(1, columns + 1):
                if not used[column]:
                    reduced = -costs[column - 1] - above - of_column[column]
                    if reduced < least[column]:
                        least[column], before[column] = reduced, here
                    if least[column] < step:
                        step, nearest = least[column], column
            by = int(step)
            for column in range(columns + 1):
                if used[column]:
                    of_row[taken[column]] += by
                    of_column[column] -= by
                else:
                    least[column] -= by
            here = nearest
        while here:
            taken[here] = taken[before[here]]
            here = before[here]
    return sorted((taken[column] - 1, column - 1) for column in range(1, columns + 1) if taken[column])


def _by_scipy(weights: Weights) -> list[tuple[int, int]]:
    try:
        solve = cast("Any", import_module("scipy.optimize")).linear_sum_assignment
        array = cast("Any", import_module("numpy")).array
    except ImportError as error:
        if len(weights) <= _LARGEST:
            return _augmented(weights)
        raise ConfigurationError(
            f"Pairing the items of lists with more than {_LARGEST} different items needs scipy: "
            "pip install 'structgen[evaluate]'."
        ) from error
    rows, columns = solve(array(weights), maximize=True)
    return [(int(row), int(column)) for row, column in zip(rows, columns, strict=True)]
