"""structgen: typed data out of text, and never silently wrong.

    import structgen
    result = structgen.extract(Recipe, text)      # Recipe: a Pydantic model, or any other type
    result.value, result.evidence, result.repairs, result.attempts, result.usage, result.cost

Names are imported when they are first used, so that ``import structgen`` costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from structgen.api import acomplete, aextract, agenerate, complete, extract, generate
    from structgen.chat import Chat
    from structgen.core.batch_handle import BatchHandle, BatchPending
    from structgen.core.batch_states import BatchRetry
    from structgen.core.chat_message import Call, Image, Message
    from structgen.core.errors import (
        AuthenticationFailed,
        BudgetExceeded,
        ConfigurationError,
        ConnectionFailed,
        DocumentError,
        ExtractionFailed,
        ModelUnavailable,
        RateLimited,
        RequestRejected,
        RequestTooLarge,
        SchemaError,
        ServerFailed,
        StructgenError,
        TaskError,
        TaskNotFound,
        TransportError,
    )
    from structgen.core.events import (
        Accepted,
        CompletionReceived,
        Failed,
        Repaired,
        RequestSent,
        TransportRetried,
        WaitingForLimit,
    )
    from structgen.core.options import (
        Budget,
        DateOrder,
        EvidenceMode,
        Form,
        HtmlMode,
        Mode,
        Options,
        Reask,
        Risk,
        Style,
    )
    from structgen.core.progress import Progress
    from structgen.core.records import (
        Card,
        Completion,
        Document,
        Evidence,
        Example,
        Request,
        Status,
        Task,
        Usage,
    )
    from structgen.core.results import Attempt, ChunkReport, Claim, Conflict, Extraction, Issue, Parsed, Partial, Repair
    from structgen.documents.file_reader import read
    from structgen.engine.cascade.model_order import Cascade
    from structgen.engine.estimate.run_estimate import Estimate
    from structgen.extractor import Extractor
    from structgen.schema import Schema, fields
    from structgen.send.model_cards import list_models
    from structgen.speech import Transcript, atranscribe, transcribe
    from structgen.stages import compile_request, ground_value, parse_response
    from structgen.tasks import list_tasks

__version__ = "0.1.0"

_HOMES = {
    "structgen.chat": ("Chat",),
    "structgen.core.chat_message": ("Call", "Image", "Message"),
    "structgen.core.errors": (
        "AuthenticationFailed",
        "BudgetExceeded",
        "ConfigurationError",
        "ConnectionFailed",
        "DocumentError",
        "ExtractionFailed",
        "ModelUnavailable",
        "RateLimited",
        "RequestRejected",
        "RequestTooLarge",
        "SchemaError",
        "ServerFailed",
        "StructgenError",
        "TaskError",
        "TaskNotFound",
        "TransportError",
    ),
    "structgen.core.events": (
        "Accepted",
        "CompletionReceived",
        "Failed",
        "Repaired",
        "RequestSent",
        "TransportRetried",
        "WaitingForLimit",
    ),
    "structgen.core.options": (
        "Budget",
        "DateOrder",
        "EvidenceMode",
        "Form",
        "HtmlMode",
        "Mode",
        "Options",
        "Reask",
        "Risk",
        "Style",
    ),
    "structgen.core.progress": ("Progress",),
    "structgen.core.records": (
        "Card",
        "Completion",
        "Document",
        "Evidence",
        "Example",
        "Request",
        "Status",
        "Task",
        "Usage",
    ),
    "structgen.core.results": (
        "Attempt",
        "ChunkReport",
        "Claim",
        "Conflict",
        "Extraction",
        "Issue",
        "Parsed",
        "Partial",
        "Repair",
    ),
    "structgen.core.batch_handle": ("BatchHandle", "BatchPending"),
    "structgen.core.batch_states": ("BatchRetry",),
    "structgen.api": ("acomplete", "aextract", "agenerate", "complete", "extract", "generate"),
    "structgen.documents.file_reader": ("read",),
    "structgen.engine.cascade.model_order": ("Cascade",),
    "structgen.engine.estimate.run_estimate": ("Estimate",),
    "structgen.extractor": ("Extractor",),
    "structgen.schema": ("Schema", "fields"),
    "structgen.send.model_cards": ("list_models",),
    "structgen.speech": ("Transcript", "atranscribe", "transcribe"),
    "structgen.stages": ("compile_request", "ground_value", "parse_response"),
    "structgen.tasks": ("list_tasks",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Accepted",
    "Attempt",
    "AuthenticationFailed",
    "BatchHandle",
    "BatchPending",
    "BatchRetry",
    "Budget",
    "BudgetExceeded",
    "Call",
    "Card",
    "Cascade",
    "Chat",
    "ChunkReport",
    "Claim",
    "Completion",
    "CompletionReceived",
    "ConfigurationError",
    "Conflict",
    "ConnectionFailed",
    "DateOrder",
    "Document",
    "DocumentError",
    "Estimate",
    "Evidence",
    "EvidenceMode",
    "Example",
    "Extraction",
    "ExtractionFailed",
    "Extractor",
    "Failed",
    "Form",
    "HtmlMode",
    "Image",
    "Issue",
    "Message",
    "Mode",
    "ModelUnavailable",
    "Options",
    "Parsed",
    "Partial",
    "Progress",
    "RateLimited",
    "Reask",
    "Repair",
    "Repaired",
    "Request",
    "RequestRejected",
    "RequestSent",
    "RequestTooLarge",
    "Risk",
    "Schema",
    "SchemaError",
    "ServerFailed",
    "Status",
    "StructgenError",
    "Style",
    "Task",
    "TaskError",
    "TaskNotFound",
    "Transcript",
    "TransportError",
    "TransportRetried",
    "Usage",
    "WaitingForLimit",
    "acomplete",
    "aextract",
    "agenerate",
    "atranscribe",
    "compile_request",
    "complete",
    "extract",
    "fields",
    "generate",
    "ground_value",
    "list_models",
    "list_tasks",
    "parse_response",
    "read",
    "transcribe",
]


def __getattr__(name: str) -> object:
    if name in {"frames", "instructor"}:  # modules that `import structgen` does not import
        return import_module(f"structgen.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'structgen' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def load_ipython_extension(shell: object) -> None:
    """Register the cell magic ``%%extract``: IPython calls this for ``%load_ext structgen``."""
    import_module("structgen.notebook").register(shell)


def unload_ipython_extension(shell: object) -> None:
    """Remove the cell magic ``%%extract``: IPython calls this for ``%unload_ext structgen``."""
    import_module("structgen.notebook").unregister(shell)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
