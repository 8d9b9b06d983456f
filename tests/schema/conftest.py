import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reader():
    """The module that reads outlines back; it imports nothing of structgen."""
    spec = importlib.util.spec_from_file_location("outline_reader", Path(__file__).with_name("outline_reader.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
