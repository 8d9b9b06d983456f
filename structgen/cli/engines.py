"""Engines other than this process: Daft, on this machine or on a Ray cluster."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from structgen.cli.arguments import EngineName, ExtractArguments
from structgen.core.errors import ConfigurationError

if TYPE_CHECKING:
    from structgen.batch import Batch
    from structgen.batch.run import RunBudget
    from structgen.core.records import Task
    from structgen.daft.runner import Cluster
    from structgen.extractor import Extractor
    from structgen.store import Store

_REDIS = ("redis://", "rediss://")


def check_engine(arguments: ExtractArguments, *, reparsing: bool) -> None:
    """Raise ConfigurationError for options that exclude each other."""
    if arguments.ray is not None and arguments.engine is not EngineName.DAFT:
        raise ConfigurationError("--ray needs --engine daft.")
    if reparsing and arguments.engine is EngineName.DAFT:
        raise ConfigurationError("`runs reparse` only runs in this process: omit --engine daft.")
    if arguments.accept is not None and arguments.engine is EngineName.DAFT:
        raise ConfigurationError("--accept judges rows in this process: omit --engine daft.")


def daft_batch(
    arguments: ExtractArguments,
    extractor: Extractor,
    task: Task[Any],
    instructions: str | None,
    budget: RunBudget,
    elsewhere: Callable[[], float],
    store: Store | None,
) -> Batch:
    """Return the batch that runs on Daft.

    Raises ConfigurationError if Daft is not installed, or the Ray cluster does not answer or cannot share the store and
    the rate limits.
    """
    from structgen.daft.cluster_batch import ClusterBatch
    from structgen.daft.job import ExtractorSettings, Job
    from structgen.daft.runner import use_runner

    cluster = use_runner(arguments.ray)
    limits = arguments.limits or os.environ.get("STRUCTGEN_LIMITS") or None
    if cluster.hosts > 1:
        _check_shared(cluster, limits, store)
    if cluster.processes > 1 and limits is None:
        beside = Path(tempfile.gettempdir(), f"structgen-{os.getuid()}", "limits") if store is None else store.path
        limits = str(beside.with_name(f"{beside.name}-limits").absolute())
    settings = ExtractorSettings(
        extractor.model if len(extractor.models) == 1 else arguments.model,
        extractor.options,
        base_url=arguments.base_url,
        limits=limits,
    )
    path = None if store is None else str(store.path.absolute())
    job = Job(task, settings, instructions, path, concurrency=arguments.concurrency)
    return ClusterBatch(extractor, task, job, processes=cluster.processes, budget=budget, elsewhere=elsewhere)


def _check_shared(cluster: Cluster, limits: str | None, store: Store | None) -> None:
    """Raise ConfigurationError if the processes of several hosts could not share what they must share."""
    shared = limits is not None and limits.startswith(_REDIS)
    if shared and store is None:
        return
    wrong: list[str] = []
    if not shared:
        wrong.append(
            "They can share the rate limits of a key only on a Redis server that all of them reach: --limits "
            "redis://host:6379/0."
        )
    if store is not None:
        wrong.append(
            "They cannot share a store, which is a file for the processes of one host: give --no-store, and the run "
            "cannot be continued if it is interrupted; or run on one host."
        )
    raise ConfigurationError(f"The Ray cluster has {cluster.hosts} hosts. {' '.join(wrong)}")
