"""What is imported when: start-up stays light because heavy packages come in only where they are used."""

import json
import subprocess
import sys

import pytest

HEAVY = ("groq", "instructor", "jsonschema", "rich", "openai", "httpx", "pydantic", "tenacity", "starlette", "bs4")


def loaded(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter holds after some code."""
    script = f"import sys, json\n{code}\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_structgen_imports_nothing_heavy() -> None:
    assert loaded("import structgen").isdisjoint(HEAVY)


def test_every_public_name_can_be_imported() -> None:
    code = "import structgen\nfor name in structgen.__all__: getattr(structgen, name)"
    assert "pydantic" in loaded(code)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    import structgen

    with pytest.raises(AttributeError, match="no_such_name"):
        structgen.no_such_name  # type: ignore[attr-defined]  # noqa: B018  wrong on purpose
    assert set(structgen.__all__) <= set(dir(structgen))


def test_help_imports_no_provider_and_no_schema_library() -> None:
    heavy = {"groq", "instructor", "jsonschema", "openai", "httpx", "starlette", "bs4", "pydantic"}
    code = "import sys\nsys.argv[1:] = ['--help']\nfrom structgen.cli import main\ntry: main()\nexcept SystemExit: pass"
    assert loaded(code).isdisjoint(heavy)


def test_extracting_with_a_pydantic_model_needs_no_instructor_and_no_jsonschema() -> None:
    code = (
        "import structgen\nfrom pydantic import BaseModel\nclass A(BaseModel): title: str\n"
        "structgen.Extractor('groq/openai/gpt-oss-20b', api_key='gsk_x')\n"
        'assert structgen.parse_response(A, \'{"title": "x"}\').ok'
    )
    assert loaded(code).isdisjoint({"instructor", "jsonschema", "openai"})
