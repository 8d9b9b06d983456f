"""structgen behind instructor's interface, for programs that were written for instructor. Only the import changes.

    from groq import Groq
    from structgen import instructor                  # in place of: import instructor

    client = instructor.from_groq(Groq())
    recipe = client.chat.completions.create(model=..., response_model=Recipe, messages=[...], max_retries=2)

The client is a subclass of instructor's own `Instructor` or `AsyncInstructor`; values, exceptions and hooks are
instructor's. Requests, parsing, repairs and further attempts are structgen's. The client that you pass sends them.
`from_openai` takes a client for any compatible server, `patch(client)` changes ``client.chat.completions.create`` of
this one client, as older tutorials do, and ``from_provider("groq/<id>")`` opens a client itself. All other public names
of instructor (`Mode`, `Partial`, `Maybe`, ...) are found here too.

What is different, line by line:

- ``mode=`` may be left out: structgen chooses the best mode of the model. TOOLS, JSON, JSON_SCHEMA and MD_JSON are
  kept if they are given.
- A response that writes a value in another notation (``{"Level": "Easy"}``, "$1,299.00" for a float) is repaired
  instead of requested again. ``strict=True`` allows repairs of the syntax only.
- ``max_retries=2`` allows two more attempts, as in instructor, but each asks for the failing fields alone if that is
  cheaper. Retries after rate limits and server errors come in addition. A tenacity policy decides about both.
- The usage of ``_raw_response`` and of the hooks is summed over all attempts on Groq too, and ``token_budget=`` works.
- ``create_partial`` yields while the response arrives, and its last value is validated. ``create_iterable`` yields each
  finished item. Both make another attempt if the first response is refused.
- ``temperature`` is 0 unless it is set. An argument that structgen does not send is an error, never ignored.
- ``options=structgen.Options(...)``, ``store=`` in `from_groq` and so on: budgets, repairs, a store of paid responses.
- Transport errors are wrapped in `InstructorRetryException`; its cause is structgen's `TransportError`.
- ``response_model=None`` calls the SDK itself and returns its completion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from structgen.instructor.supported_version import instructor_module

if TYPE_CHECKING:
    from structgen.instructor.entry_points import apatch, from_groq, from_openai, from_provider, patch

__all__ = ["apatch", "from_groq", "from_openai", "from_provider", "patch"]


def __getattr__(name: str) -> object:
    """Return a function of structgen, or a public name of instructor. Raises ConfigurationError for a wrong version."""
    if name.startswith("__"):
        raise AttributeError(f"module 'structgen.instructor' has no attribute {name!r}")
    theirs = instructor_module()
    if name in __all__:
        from structgen.instructor import entry_points

        return getattr(entry_points, name)
    if name.startswith("from_"):
        raise AttributeError(
            f"structgen.instructor has no {name}: it has {', '.join(__all__)}. For other providers use "
            "structgen.Extractor('<provider>/<id>'), or instructor itself."
        )
    return getattr(theirs, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
