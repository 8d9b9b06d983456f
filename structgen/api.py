"""The functions for a single call: each opens an Extractor, uses it once and closes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast, overload

from typing_extensions import TypeForm, Unpack

from structgen.compile import Input
from structgen.core.json import Json
from structgen.core.options import Options, TextParameters
from structgen.core.records import Completion
from structgen.core.results import Extraction
from structgen.engine.cascade.model_order import Cascade
from structgen.extractor import Extractor
from structgen.schema import Context, SchemaOf, U

T = TypeVar("T")


@overload
def extract(
    schema: SchemaOf[U],
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[U]: ...
@overload
def extract(
    schema: Mapping[str, Any] | bool,
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[Json]: ...
@overload
def extract(
    schema: TypeForm[T],
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[T]: ...
def extract(
    schema: object,
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = None,
    options: Options | None = None,
    context: Context = None,
) -> Extraction[Any]:
    """Extract a typed value from a text: ``Extractor(model, options).extract(schema, text, instructions)``."""
    with Extractor(model, options) as extractor:
        return extractor.extract(cast(Any, schema), text, instructions, context=context)


@overload
async def aextract(
    schema: SchemaOf[U],
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[U]: ...
@overload
async def aextract(
    schema: Mapping[str, Any] | bool,
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[Json]: ...
@overload
async def aextract(
    schema: TypeForm[T],
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[T]: ...
async def aextract(
    schema: object,
    text: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = None,
    options: Options | None = None,
    context: Context = None,
) -> Extraction[Any]:
    """Async version of `extract`."""
    async with Extractor(model, options) as extractor:
        return await extractor.aextract(cast(Any, schema), text, instructions, context=context)


@overload
def generate(
    schema: SchemaOf[U],
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[U]: ...
@overload
def generate(
    schema: Mapping[str, Any] | bool,
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[Json]: ...
@overload
def generate(
    schema: TypeForm[T],
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[T]: ...
def generate(
    schema: object,
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = None,
    options: Options | None = None,
    context: Context = None,
) -> Extraction[Any]:
    """A typed value without a document: the prompt is the request. See `Extractor.generate`."""
    with Extractor(model, options) as extractor:
        return extractor.generate(cast(Any, schema), prompt, instructions, context=context)


@overload
async def agenerate(
    schema: SchemaOf[U],
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[U]: ...
@overload
async def agenerate(
    schema: Mapping[str, Any] | bool,
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[Json]: ...
@overload
async def agenerate(
    schema: TypeForm[T],
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = ...,
    options: Options | None = ...,
    context: Context = None,
) -> Extraction[T]: ...
async def agenerate(
    schema: object,
    prompt: Input,
    instructions: str | None = None,
    *,
    model: str | Cascade | None = None,
    options: Options | None = None,
    context: Context = None,
) -> Extraction[Any]:
    """Async version of `generate`."""
    async with Extractor(model, options) as extractor:
        return await extractor.agenerate(cast(Any, schema), prompt, instructions, context=context)


def complete(
    messages: Input,
    *,
    model: str | None = None,
    options: Options | None = None,
    **parameters: Unpack[TextParameters],
) -> Completion:
    """Plain text for a prompt or a chat, without a schema. See `Extractor.complete`."""
    with Extractor(model, options) as extractor:
        return extractor.complete(messages, **parameters)


async def acomplete(
    messages: Input,
    *,
    model: str | None = None,
    options: Options | None = None,
    **parameters: Unpack[TextParameters],
) -> Completion:
    """Async version of `complete`."""
    async with Extractor(model, options) as extractor:
        return await extractor.acomplete(messages, **parameters)
