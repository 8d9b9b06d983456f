"""Choose Daft's runner: this machine, or a Ray cluster, which must respond within seconds."""

from __future__ import annotations

import os
import socket
import threading
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from structgen.core.errors import ConfigurationError
from structgen.daft.job import load_daft

CONNECTING = 3.0
"""Timeout in seconds for the first connection to a cluster."""

JOINING = 30.0
"""Timeout in seconds for Ray to join a cluster that responds."""

AUTO = "auto"
"""The address of the cluster of this machine."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The number of worker processes and of their hosts."""

    processes: int = 1
    hosts: int = 1


def use_runner(ray: str | None) -> Cluster:
    """Let Daft run on this machine, or on the Ray cluster at an address (``host:port``, ``ray://host:port``, auto).

    Raises ConfigurationError if Daft or Ray is not installed, or the cluster does not answer.
    """
    # Neither library may report usage statistics from here: that is for the user to decide.
    os.environ.setdefault("DAFT_ANALYTICS_ENABLED", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if ray is not None and ray != AUTO:
        _check_reachable(ray)  # before the long imports
    daft = load_daft()
    try:
        if ray is None:
            current: Any = import_module("daft.runners").get_or_infer_runner_type
            if current() != "native":
                raise ConfigurationError("Daft already uses Ray in this process: name its cluster with --ray.")
            return Cluster()
        module = _joined(ray)
        daft.set_runner_ray(noop_if_initialized=True)
    except ConfigurationError:
        raise
    except Exception as error:  # Daft's own, if this process uses another runner already
        raise ConfigurationError(f"Daft cannot use this runner: {error}.") from error
    nodes = [node for node in module.nodes() if node["Alive"]]
    return Cluster(max(len(nodes), 1), len({node["NodeManagerAddress"] for node in nodes}))


def _joined(address: str) -> Any:
    """Join a cluster within a timeout: Ray itself would wait for minutes if there is none."""
    try:
        ray: Any = import_module("ray")
    except ImportError as error:
        raise ConfigurationError("--ray needs Ray: pip install 'structgen[cluster]'.") from error
    if ray.is_initialized():
        return ray
    failures: list[BaseException] = []

    def join() -> None:
        try:
            ray.init(address=address, logging_level="error", log_to_driver=False)
        except BaseException as error:  # raised below, in the thread that waits
            failures.append(error)

    thread = threading.Thread(target=join, name="structgen-ray", daemon=True)
    thread.start()
    thread.join(JOINING)
    if thread.is_alive():
        raise ConfigurationError(f"{address} responds, but not like a Ray cluster. Check --ray.")
    if failures:
        line = next(iter(str(failures[0]).splitlines()), type(failures[0]).__name__)
        raise ConfigurationError(f"The Ray cluster at {address} cannot be joined: {line}") from failures[0]
    return ray


def _check_reachable(address: str) -> None:
    """Raise ConfigurationError if nothing listens at the address."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon or not host or not port.isdigit():
        raise ConfigurationError(f"--ray is {address!r}, but must be host:port, ray://host:port or {AUTO}.")
    try:
        socket.create_connection((host.strip("[]"), int(port)), CONNECTING).close()
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"No Ray cluster responds at {address} ({error}). Start one (`ray start --head`), or correct --ray."
        ) from error
