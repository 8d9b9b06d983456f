"""A Ray cluster that is not there is one error, within seconds."""

import socket
import time
from typing import Any

import pytest

from structgen.core.errors import ConfigurationError
from structgen.daft import runner
from structgen.daft.runner import Cluster, use_runner


@pytest.mark.parametrize("address", ["nonsense", "host:port", ":6379", "", "ray://host"])
def test_an_address_that_is_none_is_refused_with_the_way_to_write_it(address: str) -> None:
    with pytest.raises(ConfigurationError, match="must be host:port"):
        use_runner(address)


@pytest.mark.parametrize("address", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}"])
def test_a_cluster_that_is_not_there_is_an_error_at_once(address: str, unused_port: int) -> None:
    with pytest.raises(ConfigurationError, match="No Ray cluster responds at"):
        use_runner(address.format(port=unused_port))


def test_a_server_that_is_no_cluster_is_not_waited_for_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ray:
        @staticmethod
        def is_initialized() -> bool:
            return False

        @staticmethod
        def init(**_: Any) -> None:
            time.sleep(5)

    monkeypatch.setattr(runner, "import_module", lambda name: Ray)
    monkeypatch.setattr(runner, "JOINING", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ConfigurationError, match="not like a Ray cluster"):
            use_runner(address)


def test_this_machine_is_one_process_on_one_host() -> None:
    assert use_runner(None) == Cluster(1, 1)
