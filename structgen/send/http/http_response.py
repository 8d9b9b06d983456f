"""HTTP response -> Completion or Failure. Reads plain JSON: the SDK's model classes cost more CPU than all the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from structgen.core.errors import AuthenticationFailed, RateLimited, ServerFailed
from structgen.core.finish_reasons import SALVAGED, Ending, common_finish_reason, ending_of
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.masking import Secrets, mask
from structgen.core.records import Call, Completion, Usage, token_count
from structgen.send.http.failures import (
    Failure,
    Refusal,
    describe_page,
    find_row,
    key_owner,
    read_refusal,
    requested_wait,
)
from structgen.send.http.providers import ChatApi

UNKNOWN_USAGE = Usage(calls=1)
CALL_FAILED = "tool_use_failed"
_KEPT = 20_000  # characters of a body that an error keeps
_SALVAGEABLE = frozenset({"json_validate_failed", CALL_FAILED, "output_parse_failed"})
_CUT_OFF = "max completion tokens reached before generating a valid document"
_CALL = re.compile(
    r'[\s,;]*(?P<call>\{\s*"name"\s*:\s*(?P<name>"[^"\\\x00-\x1f]*")\s*,\s*"arguments"\s*:\s*)(?=[{\["])'
)
_DECODER = json.JSONDecoder()
_LONGEST_COUNT = 20  # digits


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response: header names in lower case; `seconds` is how long it took, or None."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float | None = None


def read_reply(reply: Reply, api: ChatApi, model: str, secrets: Secrets) -> Completion | Failure:
    """Return the completion in a response, one salvaged from an error response, or a failure."""
    body = decode(reply.content)
    if reply.status >= 400:
        refusal = read_refusal(body, _text(reply))
        return _salvage(refusal, model, reply.seconds) or refused(reply, refusal, api, secrets)
    found = _completion(body, reply)
    if isinstance(found, Completion):
        return found
    message, transient = found
    text = mask(f"{api.provider} answered {reply.status} with {message}", secrets)
    error = ServerFailed(text, status=reply.status, body=mask(_text(reply)[:_KEPT], secrets))
    return Failure(error, transient, paid=transient)  # half an answer was generated and may be billed; a page was not


def decode(content: bytes) -> Json:
    """Return the JSON of a body, or None if it is not JSON. No valid body is ``null``."""
    try:
        return cast("Json", json.loads(content))
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError):
        return None
    except ValueError:  # Python refuses integers of thousands of digits, but the answer beside them was paid for
        pass
    try:
        return cast("Json", json.loads(content, parse_int=_number))
    except (ValueError, RecursionError):
        return None


def _number(digits: str) -> int | float:
    """Return an integer, as a float if it is too long for any count."""
    return int(digits) if len(digits) < _LONGEST_COUNT else float(digits)


def written_text(content: Json) -> str | None:
    """Return the text in a message's content, or None. Some servers send parts, thoughts among them, or an object."""
    if isinstance(content, list):
        parts = map(as_object, content)
        texts = [text for part in parts if part.get("type") == "text" and isinstance(text := part.get("text"), str)]
        return "".join(texts) if texts else None
    if isinstance(content, dict):
        return json.dumps(content, ensure_ascii=False)
    return content if isinstance(content, str) else None


def _text(reply: Reply) -> str:
    return reply.content.decode("utf-8", "replace")


def _completion(body: Json, reply: Reply) -> Completion | tuple[str, bool]:
    """Return the completion, or a description of the body and whether a retry may help."""
    if not isinstance(body, dict):
        return _no_json(_text(reply), reply.headers.get("content-type", ""))
    # Some servers answer 200 with an error object, for example when they are out of memory.
    if "choices" not in body:
        said = read_refusal(body, _text(reply)).message
        return f"JSON that is not a chat completion: {said}. Check the base URL and the model.", False
    choices = body["choices"]
    choice = choices[0] if isinstance(choices, list) and choices else None
    if wrong := _wrong(as_object(choice)):
        return wrong
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        return "an empty list of choices. Send the request again, or use another model.", False
    reason = common_finish_reason(choice.get("finish_reason"))
    reason = (
        "" if reason == SALVAGED else reason
    )  # a server's own error while generating, not our mark for a salvaged text
    completion = _from_message(as_object(choice["message"]), reason, body, reply.seconds)
    if completion is None:
        return "a message without content. Send the request again, or use another model.", False
    return completion


def _wrong(choice: JsonObject) -> tuple[str, bool] | None:
    """Describe the error that a choice has in place of an answer, as OpenRouter writes it, and whether to retry."""
    error, message = as_object(choice.get("error")), as_object(choice.get("message"))
    if not error or _calls(message) or written_text(message.get("content")):
        return None
    code = error.get("code")
    said = read_refusal({"error": error}, "").message
    return f"an error in place of an answer: {said}.", isinstance(code, int) and (code in {408, 429} or code >= 500)


def _no_json(text: str, content_type: str) -> tuple[str, bool]:
    if "html" in content_type or text.lstrip()[:1] == "<":
        page = describe_page(text)
        return f"{page} instead of JSON. A proxy or a login page answered, or the base URL is wrong.", False
    if text.lstrip()[:1] == "{":
        return f"JSON that is broken or cut off after {len(text)} characters. The connection is unreliable.", True
    return f"{describe_page(text)}, which is not JSON. Check the base URL.", False


def _from_message(message: JsonObject, reason: str, body: JsonObject, seconds: float | None) -> Completion | None:
    """Return the completion in a message and its body, or None if the message is empty."""
    calls, content = _calls(message), written_text(message.get("content"))
    # llama-server, vLLM and DeepSeek name it reasoning_content
    reasoning, refusal = message.get("reasoning") or message.get("reasoning_content"), message.get("refusal")
    # A model that calls a tool may also write text, which is then not the answer: it goes to `beside`.
    text = calls[0].arguments if calls else content
    if text is None and not (refusal or reasoning or ending_of(reason) in {Ending.CUT, Ending.FILTERED}):
        return None
    name, number = body.get("model"), body.get("id")
    usage, notes = read_usage(body.get("usage"))
    return Completion(
        text or "",
        reason,
        usage=usage,
        model=name if isinstance(name, str) else "",
        id=number if isinstance(number, str) else None,
        seconds=seconds,
        reasoning=reasoning if isinstance(reasoning, str) else None,
        refusal=refusal if isinstance(refusal, str) and refusal else None,
        called=calls[0].name if calls else "",
        more_calls=calls[1:],
        beside=(content or "") if calls else "",
        notes=notes,
    )


def _calls(message: JsonObject) -> tuple[Call, ...]:
    """Return every tool call in a message, and `function_call` of the older protocol, which may come in addition."""
    listed = message.get("tool_calls")
    functions = [as_object(call).get("function") for call in (listed if isinstance(listed, list) else ())]
    calls = [call for function in functions if (call := _call(as_object(function))) is not None]
    older = _call(as_object(message.get("function_call")))
    return (*calls, *([older] if older is not None and older not in calls else []))


def _call(function: JsonObject) -> Call | None:
    """Return a tool call, or None. Some servers send the arguments as an object instead of a string."""
    name, arguments = function.get("name"), function.get("arguments")
    if isinstance(arguments, dict | list):
        arguments = json.dumps(arguments, ensure_ascii=False)
    if not isinstance(arguments, str) and not isinstance(name, str):
        return None
    return Call(name if isinstance(name, str) else "", arguments if isinstance(arguments, str) else "")


_DETAILS = (
    ("input_tokens", "", "prompt_tokens"),
    ("output_tokens", "", "completion_tokens"),
    ("cached_tokens", "prompt_tokens_details", "cached_tokens"),
    ("reasoning_tokens", "completion_tokens_details", "reasoning_tokens"),
)
"""The counts of a usage: our name, and where a body has it."""


def read_usage(usage: Json) -> tuple[Usage, tuple[str, ...]]:
    """Return the token counts of a body, and notes about those that cannot be counts.

    A count that the server omits, or that cannot be true, is unknown, not zero.
    """
    held, counts, notes = as_object(usage), dict[str, int | None](), list[str]()
    for ours, group, theirs in _DETAILS:
        value = (as_object(held.get(group)) if group else held).get(theirs)
        counts[ours] = token_count(value)
        if value is not None and counts[ours] is None:
            notes.append(f"the server reported {json.dumps(value)[:40]} for {theirs}, which is unknown therefore")
    # More cached tokens than tokens would make the cost negative.
    if counts["input_tokens"] is not None and (counts["cached_tokens"] or 0) > counts["input_tokens"]:
        notes.append(f"the server reported more cached tokens ({counts['cached_tokens']}) than tokens of the prompt")
        counts["cached_tokens"] = None
    return Usage(**counts, calls=1), tuple(notes)


def _salvage(refusal: Refusal, model: str, seconds: float | None) -> Completion | None:
    """Return the model's text from an error response that carries it: it was paid for, and may well be valid."""
    if refusal.code not in _SALVAGEABLE:
        return None
    text = refusal.failed_generation or ""
    reason = SALVAGED
    # Groq puts this sentence into `failed_generation` if the answer was cut off: it is not the model's text.
    if text.strip() == _CUT_OFF:
        text, reason = "", "length"
    called = _calls_in(text) if refusal.code == CALL_FAILED else []
    first, *more = called or [Call("", text)]
    return Completion(
        first.arguments,
        reason,
        UNKNOWN_USAGE,
        model,
        failure=refusal.code,
        seconds=seconds,
        called=first.name,
        more_calls=tuple(more),
    )


def _calls_in(text: str) -> list[Call]:
    """Return the calls ``{"name": ..., "arguments": ...}`` that a text consists of, in a list or not; else none.

    The arguments are returned as written. Those of the last call may be broken JSON.
    """
    calls: list[Call] = []
    text = text.strip()
    at, text = (1, text[:-1]) if text[:1] == "[" and text[-1:] == "]" else (0, text)
    while call := _CALL.match(text, at):
        try:
            end, at = _DECODER.raw_decode(text, call.end())[1], _DECODER.raw_decode(text, call.start("call"))[1]
        except (ValueError, RecursionError):
            end, at = len(text.removesuffix("}")), len(text)
        if text[end:at].strip() not in {"", "}"}:
            return []  # an unknown member follows the arguments
        calls.append(Call(json.loads(call["name"]), text[call.end() : end].rstrip()))
    return calls if not text[at:].strip() else []


def refused(reply: Reply, refusal: Refusal, api: ChatApi, secrets: Secrets) -> Failure:
    """Return the failure for an error response: its exception, with the server's message and what to do."""
    row = find_row(reply.status, refusal)
    code = f" ({refusal.code})" if refusal.code else ""
    advice = row.advice.format(key_variable=api.key_variable)
    owner = key_owner(secrets[0]) if row.error is AuthenticationFailed and secrets else None
    if owner is not None and owner.lower() != api.provider:
        advice = f"{advice} The key begins like a key of {owner}."
    said = mask(refusal.message, secrets)[:1000].rstrip(".")
    body = mask(_text(reply)[:_KEPT], secrets)
    message = f"{api.provider} answered {reply.status}{code}: {said}. {advice}"
    error = row.error(message, status=reply.status, code=refusal.code, body=body)
    wait = requested_wait(reply.headers, refusal.message) if row.transient else None
    if isinstance(error, RateLimited):
        error.wait = wait
    return Failure(error, row.transient, wait)
