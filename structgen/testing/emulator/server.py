"""The emulator: its application, its server in a thread for tests, and in the foreground for the command line."""

from __future__ import annotations

import asyncio
import json
import math
import signal
import socket
import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from itertools import chain, repeat
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self, cast

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from structgen.core.errors import ConfigurationError
from structgen.core.json import Json, JsonObject
from structgen.core.records import Card
from structgen.send.model_cards import list_cards
from structgen.testing.emulator.audio import audio_routes
from structgen.testing.emulator.batches.batch_endpoints import batch_routes, file_routes
from structgen.testing.emulator.batches.endpoint_faults import BatchCall, EndpointStep
from structgen.testing.emulator.bodies import model_entry
from structgen.testing.emulator.chat.completions import answer_chat
from structgen.testing.emulator.chat.responses import answer_response
from structgen.testing.emulator.chat.rule_answers import respond_by_rules
from structgen.testing.emulator.fault_plan import FaultPlan, Faults
from structgen.testing.emulator.rate_limits import Clock, LimitsLike, Meters
from structgen.testing.emulator.replies import Answer, ErrorReply, Fault, Raw, Step, groq_error
from structgen.testing.emulator.serving import (
    Connections,
    Endpoint,
    Received,
    State,
    decode_object,
    describe_sound,
    find_model,
    log,
    log_status,
    respond,
    respond_error,
)
from structgen.testing.recordings import Recordings, read_recordings
from structgen.testing.recordings import Response as Recorded

if TYPE_CHECKING:
    from starlette.requests import Request


EMULATOR_KEY = "gsk_emulator"
NO_KEYS: Mapping[str, str] = MappingProxyType({})


class Emulator:
    """A Groq server on a free port of 127.0.0.1, with a script.

        with Emulator() as emulator:
            emulator.script(error("rate_limit", retry_after=1), reply('{"name": "Ada"}'))
            client = groq.Groq(api_key=emulator.api_key, base_url=emulator.base_url)

    After the script, `answer` (request body -> text, or `reply(...)`) answers; by default structgen's rules do.
    `models` are served in addition to Groq's. Only `api_key` is accepted, or any key if it is None. `latency` (seconds)
    precedes every reply.
    A request in `recordings`, a file from ``structgen doctor --live --save``, gets the recorded response.
    `limits` are `Limits`, or a tier of the model cards (``"free"``), and follow `clock`. Without them nothing is
    limited, and responses have no rate limit headers. `faults` apply to requests that the script does not answer.

    Audio is answered by the script too, and after it by `transcript` (the form's fields as a JSON object -> text).
    A batch takes `batch_seconds` of the clock; with 0 it is complete when it is next retrieved. Lists of files and
    batches have `page_size` entries on a page, unless the request names another number; with None they are whole.

    `organizations` are more keys that are accepted, and the organization of each. Limits belong to an organization, so
    its keys share them: ``organizations={"gsk_one": "org_a", "gsk_two": "org_a"}``.
    """

    def __init__(
        self,
        *,
        answer: Callable[[JsonObject], str | Answer] = respond_by_rules,
        api_key: str | None = EMULATOR_KEY,
        models: tuple[str, ...] = (),
        latency: float = 0.0,
        recordings: Path | None = None,
        limits: LimitsLike = None,
        clock: Clock | None = None,
        faults: FaultPlan | None = None,
        transcript: Callable[[JsonObject], str] = describe_sound,
        batch_seconds: float = 0.0,
        organizations: Mapping[str, str] = NO_KEYS,
        page_size: int | None = None,
    ) -> None:
        self._state = State(api_key, answer, models, latency, meters=Meters(limits, clock), faults=Faults(faults))
        self._organizations = {**organizations}
        self._state.organizations = {**organizations}
        self._limits, self._clock, self._faults = limits, self._state.meters.clock, faults
        if recordings is not None:
            self._state.recordings = Recordings(read_recordings(recordings))
        # the first settings, for `reset`
        self._default = answer
        self._state.transcript, self._transcript = transcript, transcript
        self.batch_seconds = self._batch_seconds = batch_seconds
        self.page_size = self._page_size = page_size
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.api_key = api_key or EMULATOR_KEY
        self.base_url = ""

    @property
    def requests(self) -> list[Received]:
        """All requests so far."""
        return self._state.requests

    @property
    def hung_up(self) -> int:
        """How many streamed replies the client abandoned. The server notices with a short delay."""
        return self._state.hung_up

    @property
    def faults(self) -> list[Received]:
        """The requests that got a fault from the plan; their `fault` says which."""
        return [received for received in self._state.requests if received.fault is not None]

    def script(self, *steps: Step, repeat_last: bool = False) -> None:
        """Add steps, each for one chat request; with `repeat_last` the last one answers all further requests."""
        self._state.script.extend(steps)
        self._state.forever = steps[-1] if steps and repeat_last else None

    def answer_with(self, answer: Callable[[JsonObject], str | Answer]) -> None:
        """Answer with this function after the script; `reset` restores the original one."""
        self._state.answer = answer

    def transcribe_with(self, transcript: Callable[[JsonObject], str]) -> None:
        """Transcribe with this function after the script; `reset` restores the original one."""
        self._state.transcript = transcript

    @property
    def batch_seconds(self) -> float:
        """The duration of batches created from now on, in seconds; `reset` restores the original one."""
        return self._state.batch_seconds

    @batch_seconds.setter
    def batch_seconds(self, seconds: float) -> None:
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ConfigurationError(f"batch_seconds must be 0 or more, not {seconds}.")
        self._state.batch_seconds = seconds

    @property
    def clock(self) -> Clock:
        """The clock that limits and batches follow."""
        return self._state.meters.clock

    @property
    def page_size(self) -> int | None:
        """The entries on a page of files or batches, or None; `reset` restores the original number."""
        return self._state.page_size

    @page_size.setter
    def page_size(self, entries: int | None) -> None:
        if entries is not None and entries < 1:
            raise ConfigurationError(f"page_size must be 1 or more, not {entries}.")
        self._state.page_size = entries

    def script_batches(self, call: str, *steps: ErrorReply | Raw | Fault, processed: bool = False) -> None:
        """Add steps for the requests to one endpoint of files and batches, such as ``error("internal")``.

        `call` is upload, list_files, file, content, delete_file, create, list_batches, batch or cancel. With
        `processed` the server carries out each request before it fails, so that only the response is lost.
        """
        waiting = self._state.batch_script.setdefault(BatchCall(call), deque())
        waiting.extend(EndpointStep(step, processed) for step in steps)

    def rewrite_results(self, rewrite: Callable[[bytes], bytes]) -> None:
        """Change the files of results that batches write from now on; `reset` ends that."""
        self._state.rewrite = rewrite

    def limit_with(self, limits: LimitsLike, *, clock: Clock | None = None) -> None:
        """Apply these limits from now on, with nothing used yet; `reset` restores the original ones."""
        self._state.meters = Meters(limits, clock or self.clock)

    def accept_keys(self, organizations: Mapping[str, str]) -> None:
        """Accept these keys too, each as one of this organization; `reset` restores the original ones."""
        self._state.organizations = {**organizations}

    def fail_with(self, plan: FaultPlan | None) -> None:
        """Apply these faults to requests after the script; `reset` restores the original plan."""
        self._state.faults = Faults(plan)

    def reset(self) -> None:
        """Clear the script, the log, files, batches and the usage of the limits; restore the original settings."""
        self._state.script.clear()
        self._state.forever = None
        self._state.requests.clear()
        self._state.hung_up = 0
        self._state.answer = self._default
        self._state.transcript, self._state.batch_seconds = self._transcript, self._batch_seconds
        self._state.organizations = {**self._organizations}
        self._state.page_size, self._state.rewrite = self._page_size, bytes
        self._state.batch_script.clear()
        self._state.files.clear()
        self._state.batches.clear()
        self._state.meters = Meters(self._limits, self._clock)
        self._state.faults = Faults(self._faults)

    def __enter__(self) -> Self:
        listener = listen("127.0.0.1", 0)
        self.base_url = url_of(listener)
        self._server = make_server(self._state)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), name="emulator", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # uvicorn notices the flag at its next tick; a hanging request must not block the test run for ever
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)


def run_emulator(
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    replies: Path | None = None,
    limits: LimitsLike = None,
    faults: FaultPlan | None = None,
    latency: float = 0.0,
    batch_seconds: float = 0.0,
) -> None:
    """Serve in the foreground until interrupted; any key is accepted. Print the address on stderr.

    `replies` is a JSON Lines file with one answer per line: a string is the model's text, any other value its JSON.
    They are sent in order, the last one repeatedly. Without it structgen's rules answer. A file that ends in .json
    contains recordings instead, and each request gets the response that was recorded for it. `limits`, `faults`,
    `latency` and `batch_seconds` are those of `Emulator`.
    """
    state = State(latency=latency, meters=Meters(limits), faults=Faults(faults), batch_seconds=batch_seconds)
    if replies is not None:
        _play(state, replies)
    listener = listen(host, port)
    url, server = url_of(listener), make_server(state)
    # Until uvicorn handles Ctrl-C itself, a KeyboardInterrupt could be lost in a callback of the interpreter.
    before = signal.signal(signal.SIGINT, server.handle_exit)
    try:
        sys.stderr.write(
            f"Groq emulator at {url}. Use it with GROQ_BASE_URL={url} and any GROQ_API_KEY; Ctrl-C stops it.\n"
        )
        server.run([listener])
    finally:
        signal.signal(signal.SIGINT, before)


def _play(state: State, replies: Path) -> None:
    """Answer with the contents of the file."""
    if replies.suffix == ".json":
        state.recordings = Recordings(read_recordings(replies))
        return
    # read now, so that a bad line is reported at the start and not at its request
    texts = read_replies(replies)
    following = chain(texts, repeat(texts[-1]))
    state.answer = state.transcript = lambda _: next(following)


def read_replies(path: Path) -> tuple[str, ...]:
    """Return the texts in a JSON Lines file. Raises ConfigurationError, which names the invalid line."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"Cannot read the replies in {path}: {problem}.") from None
    texts = tuple(_text_of(line, path, number) for number, line in enumerate(lines, 1) if line.strip())
    if not texts:
        raise ConfigurationError(f"{path} contains no replies: write one JSON value per line.")
    return texts


def _text_of(line: str, path: Path, number: int) -> str:
    try:
        value = cast("Json", json.loads(line))
    except (ValueError, RecursionError) as problem:
        raise ConfigurationError(
            f"{path}, line {number}: not JSON ({problem}). Write one JSON value per line."
        ) from None
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that clients can connect before the server is ready to answer."""
    try:
        return socket.create_server((host, port), backlog=2048)
    except OSError as problem:
        raise ConfigurationError(f"The emulator cannot listen on {host}:{port}: {problem}. Use another port.") from None


def url_of(listener: socket.socket) -> str:
    """Return the address for clients."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def make_server(state: State) -> uvicorn.Server:
    """Return the server for this state, to be run on a listening socket."""
    config = uvicorn.Config(
        build_app(state),
        http=_protocol(state.connections),
        ws="none",
        lifespan="off",
        loop="asyncio",
        log_config=None,
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)


def _protocol(connections: Connections) -> type[H11Protocol]:
    """Return uvicorn's protocol, extended to track open connections: ASGI has no way to reset one."""

    class Tracked(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            self._address = transport.get_extra_info("peername")[:2]
            connections.add(self._address, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.remove(self._address)
            super().connection_lost(exc)

    return Tracked


def build_app(state: State) -> Starlette:
    """Return the application for a state that the test's thread shares."""
    endpoints = Endpoints(state)
    replayed = endpoints.replayed
    return Starlette(
        routes=[
            Route("/openai/v1/chat/completions", replayed(endpoints.chat), methods=["POST"]),
            Route("/openai/v1/responses", replayed(endpoints.responses), methods=["POST"]),
            Route("/openai/v1/models", replayed(endpoints.models), methods=["GET"]),
            Route("/openai/v1/models/{model:path}", replayed(endpoints.model), methods=["GET"]),
            *file_routes(state, replayed),
            *batch_routes(state, replayed),
            *audio_routes(state, replayed),
            Route("/{path:path}", replayed(endpoints.unknown), methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ],
    )


class Endpoints:
    """The endpoints, one method for each path."""

    def __init__(self, state: State) -> None:
        self._state = state

    def replayed(self, endpoint: Endpoint) -> Endpoint:
        """Wrap an endpoint so that a recorded request gets its recorded response."""

        async def play(request: Request) -> Response:
            body = decode_object(await request.body())
            accepted = self._state.accepts(request.headers.get("authorization", ""))
            # a recording must not answer a request with a wrong key
            held = self._state.recordings.find(request.method, request.url.path, body) if accepted else None
            if held is None:
                response = await endpoint(request)
            else:
                self._log(request, body)
                response = _recorded(held)
            return log_status(request, response)

        return play

    async def chat(self, request: Request) -> Response:
        """A chat completion, or a scripted error, which takes precedence over everything but a wrong key."""
        body = decode_object(await request.body())
        self._log(request, body)
        if not self._state.accepts(request.headers.get("authorization", "")):
            return respond_error(groq_error("invalid_api_key"))
        return await answer_chat(request, body, self._state)

    async def responses(self, request: Request) -> Response:
        """A response of the Responses API. A script and `answer` see it as a chat request."""
        body = decode_object(await request.body())
        self._log(request, body)
        if not self._state.accepts(request.headers.get("authorization", "")):
            return respond_error(groq_error("invalid_api_key"))
        return await answer_response(request, body, self._state)

    async def models(self, request: Request) -> Response:
        """The list of models."""
        self._log(request, {})
        cards = [card for card in list_cards() if card.provider == "groq" and card.status != "retired"]
        extra = [Card(name) for name in self._state.models]
        return self._authorised(request, {"object": "list", "data": [model_entry(card) for card in (*cards, *extra)]})

    async def model(self, request: Request) -> Response:
        """One model."""
        self._log(request, {})
        name = request.path_params["model"]
        card = find_model(self._state, name)
        if isinstance(card, ErrorReply):
            return respond_error(card)
        return self._authorised(request, model_entry(card or Card(name)))

    async def unknown(self, request: Request) -> Response:
        """Any other path."""
        self._log(request, {})
        return respond_error(groq_error("unknown_url", method=request.method, path=request.url.path))

    def _log(self, request: Request, body: JsonObject) -> None:
        log(self._state, request, body)

    def _authorised(self, request: Request, body: JsonObject) -> Response:
        if self._state.accepts(request.headers.get("authorization", "")):
            return respond(body)
        return respond_error(groq_error("invalid_api_key"))


def _recorded(held: Recorded) -> Response:
    """Return a recorded response. A JSON body was stored as JSON."""
    text = held.body if isinstance(held.body, str) else json.dumps(held.body, ensure_ascii=False)
    headers = {name: value for name, value in held.headers.items() if name != "content-length"}
    return Response(text.encode(), held.status, {"content-type": "application/json", **headers})
