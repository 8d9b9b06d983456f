"""Calibration: from samples with known outcome to probabilities, with enough gold or not at all."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from structgen import Schema, fields
from structgen.evaluate.confidence import Uncalibrated, calibrate, calibration_for, save_calibration
from structgen.evaluate.confidence.calibration import expected_error, quality_of
from structgen.evaluate.confidence.calibration_file import same_model
from structgen.evaluate.confidence.isotonic import Counted, isotonic
from structgen.evaluate.confidence.log_odds import Sample, Weights, fit

SCHEMA = fields("name, price float?")
TRUE_SHARES = {"status:exact": 0.995, "status:ambiguous": 0.8, "status:unsupported": 0.3}


def samples(documents: int, seed: int = 1, each: int = 12) -> list[Sample]:
    random = Random(seed)
    return [
        Sample(frozenset({name, "kind:text"}), random.random() < share, str(document))
        for document in range(documents)
        for _ in range(each)
        for name, share in [random.choice([*TRUE_SHARES.items(), ("status:exact", 0.995)])]
    ]


def test_probabilities_are_the_shares_of_right_fields() -> None:
    calibration = calibrate(samples(200))
    assert not calibration.pooled
    for name, share in TRUE_SHARES.items():
        assert calibration.probability({name, "kind:text"}) == pytest.approx(share, abs=0.05)


def test_the_error_on_new_documents_is_small() -> None:
    calibration = calibrate(samples(100))
    judged = [(calibration.probability(one.signals), one.right) for one in samples(200, seed=2)]
    assert expected_error(judged) < 0.03


def test_signals_that_gold_never_showed_take_the_weights_of_the_prior() -> None:
    calibration = calibrate(samples(100))
    sure = calibration.probability({"status:exact", "kind:text"})
    assert calibration.probability({"status:exact", "kind:text", "place:apart"}) < sure


@pytest.mark.parametrize(("documents", "each"), [(4, 50), (20, 2)])
def test_too_little_gold_gives_no_probabilities(documents: int, each: int) -> None:
    with pytest.raises(Uncalibrated, match=r"\d+ fields of \d+ documents .* needs at least 60 of 5"):
        calibrate(samples(documents, each=each))


def test_little_gold_keeps_the_weights_of_the_prior() -> None:
    calibration = calibrate(samples(10))
    assert calibration.pooled
    assert calibration.probability({"status:exact", "kind:text"}) > calibration.probability({"status:unsupported"})


def test_gold_without_any_error_gives_no_certainty() -> None:
    calibration = calibrate([Sample(frozenset({"status:exact"}), True, str(number % 20)) for number in range(80)])
    assert calibration.pooled
    assert 0.98 < calibration.probability({"status:exact"}) < 1


def test_a_fit_does_not_depend_on_the_order_of_the_samples() -> None:
    some = samples(30)
    assert fit(some) == fit(some[::-1])


def test_without_evidence_weights_stay_where_they_start() -> None:
    start = Weights(1.0, {"status:exact": 2.0})
    assert fit([], start) == start


def test_quality_counts_the_errors_among_the_least_sure_tenth() -> None:
    judged = [(0.999, True)] * 88 + [(0.999, False)] * 2 + [(0.5, False)] * 6 + [(0.5, True)] * 4
    quality = quality_of(judged)
    assert quality.kept == pytest.approx(0.9)
    assert quality.precision == pytest.approx(88 / 90)
    assert quality.found == pytest.approx(6 / 8)


@pytest.mark.parametrize(
    ("judged", "error"),
    [([(1.0, True), (0.0, False)], 0.0), ([(1.0, False)], 1.0), ([(0.75, True)] * 3 + [(0.75, False)], 0.0), ([], 0.0)],
)
def test_the_calibration_error_compares_probabilities_with_shares(
    judged: list[tuple[float, bool]], error: float
) -> None:
    assert expected_error(judged) == pytest.approx(error)


def test_a_calibration_is_found_again_by_task_schema_and_model(tmp_path: Path) -> None:
    made = calibrate(samples(40))
    save_calibration(made, "price", SCHEMA, "groq/some/model", tmp_path)
    for model in ("groq/some/model", "some/model"):
        assert calibration_for("price", SCHEMA, model, tmp_path).calibration == made


@pytest.mark.parametrize(
    ("task", "schema", "model", "reason", "stale"),
    [
        ("other", SCHEMA, "m", "there is no calibration of other for m", False),
        ("price", SCHEMA, "m2", "there is no calibration of price for m2, only for m:", False),
        ("price", fields("name, price int?"), "m", "is stale, because the schema changed since", True),
    ],
)
def test_another_calibration_is_not_used_and_the_reason_is_said(
    tmp_path: Path, task: str, schema: Schema, model: str, reason: str, stale: bool
) -> None:
    save_calibration(calibrate(samples(40)), "price", SCHEMA, "m", tmp_path)
    found = calibration_for(task, schema, model, tmp_path)
    assert (found.calibration, found.stale) == (None, stale)
    assert reason in found.reason
    assert f"`structgen tasks calibrate {task} GOLD.jsonl` makes one" in found.reason


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"task": "price", "calibration": 5}'])
def test_a_damaged_file_is_no_calibration(tmp_path: Path, content: str) -> None:
    path = save_calibration(calibrate(samples(40)), "price", SCHEMA, "m", tmp_path)
    path.write_text(content)
    assert calibration_for("price", SCHEMA, "m", tmp_path).calibration is None


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("groq/a/b", "a/b", True), ("a/b", "groq/a/b", True), ("a", "a", True), ("xa", "a", False), ("a", "", False)],
)
def test_a_row_names_its_model_without_the_provider(one: str, other: str, same: bool) -> None:
    assert same_model(one, other) is same


def test_few_fields_that_are_clearly_worse_are_not_joined_with_the_others() -> None:
    samples = [
        Sample(frozenset({"status:unsupported" if wrong else "status:exact"}), not wrong, str(document))
        for document in range(20)
        for wrong in (document < 14, False, False, False)
    ]
    found = calibrate(samples)
    assert found.probability({"status:unsupported"}) < 0.1
    assert found.probability({"status:exact"}) > 0.99


def test_few_fields_that_may_be_worse_by_chance_are_joined_with_the_others() -> None:
    points = [Counted(1.0, 4, 3), Counted(2.0, 30, 29)]
    assert len(isotonic(points, 20).blocks) == 1
