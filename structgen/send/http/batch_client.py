"""The client for a provider's files and batches, with transport retries.

Uploading a file and creating a batch are not repeatable: after a failure nobody knows whether the server did it. So
each is looked for before it is tried again, the file by its name and the batch by its file.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

import groq
import httpx

from structgen.core.errors import RequestRejected, ServerFailed
from structgen.core.json import Json, JsonObject, as_object
from structgen.core.masking import Secrets, mask
from structgen.send.http.client import Clients
from structgen.send.http.failures import Failure, connection_failure, describe_page, read_refusal
from structgen.send.http.http_response import Reply, decode, refused
from structgen.send.http.providers import ChatApi, Endpoint
from structgen.send.http.retries import retry
from structgen.send.http.user_client import types_of
from structgen.send.sender import Allowance

if TYPE_CHECKING:
    from groq._types import RequestOptions

T = TypeVar("T")

LINE_URL = "/v1/chat/completions"
"""The endpoint that a line of a batch names. The same for every provider: it is relative to the API."""
WINDOW = "24h"
_MOST_BYTES = 2**31
"""Maximum size of a file of results."""
_MOST_PAGES = 1_000
_NOT_SERVED = frozenset({404, 405, 501})
_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})


@dataclass(frozen=True, slots=True)
class BatchReport:
    """A batch as the provider describes it. `status` is the provider's word; `errors` say why it refused the file."""

    id: str
    status: str
    file_id: str = ""
    output: str | None = None
    error_output: str | None = None
    total: int = 0
    answered: int = 0
    refused: int = 0
    errors: tuple[str, ...] = ()
    expires_at: float | None = None

    @property
    def ended(self) -> bool:
        """Whether its results are final. An unknown status is not: another one may follow it."""
        return self.status in _ENDED


class BatchClient:
    """Files and batches of one server. Safe to use from several threads."""

    def __init__(self, api: ChatApi, endpoint: Endpoint, *, timeout: float = 60.0) -> None:
        # An upload gets its response only after the server has read all of it, up to 100 MB.
        self._timeout = max(timeout, 300.0)
        self._api = api
        self._endpoint = replace(endpoint, max_bytes=_MOST_BYTES)
        self._clients = Clients(self._endpoint)
        self._types = types_of(endpoint)
        self._base = api.path.removesuffix("/chat/completions")

    @property
    def api(self) -> ChatApi:
        """The provider."""
        return self._api

    @property
    def secrets(self) -> Secrets:
        """The credentials that no message may show."""
        return self._endpoint.secrets

    def upload(self, path: Path, name: str, allowance: Allowance) -> str:
        """Upload a file under a name that no other has, unless the server has it; return its id."""

        def post() -> str | Failure:
            with path.open("rb") as file:
                options: RequestOptions = {"headers": {"Content-Type": "multipart/form-data"}}
                made = self._call(
                    "post", "/files", options, body={"purpose": "batch"}, file=(name, file, "application/jsonl")
                )
            return made if isinstance(made, Failure) else self._text(made, "id", "an upload")

        return self._once(lambda: self._find_file(name), post, allowance)

    def create(self, file_id: str, mark: str, allowance: Allowance) -> BatchReport:
        """Create a batch of an uploaded file, unless the server has one; `mark` is kept in its metadata."""
        body: JsonObject = {
            "input_file_id": file_id,
            "endpoint": LINE_URL,
            "completion_window": WINDOW,
            "metadata": {"structgen": mark},
        }

        def post() -> BatchReport | Failure:
            made = self._call("post", "/batches", {}, body=body)
            return made if isinstance(made, Failure) else self._report(made)

        return self._once(lambda: self._find_batch(file_id), post, allowance)

    def report(self, batch: str, allowance: Allowance) -> BatchReport:
        """Return what the provider says about a batch now."""
        return retry(lambda: self._reported("get", f"/batches/{batch}"), allowance)[0]

    def cancel(self, batch: str, allowance: Allowance) -> BatchReport:
        """Cancel a batch; its answers so far can still be fetched. Return what the provider says about it then."""
        return retry(lambda: self._reported("post", f"/batches/{batch}/cancel"), allowance)[0]

    def find_file(self, name: str, allowance: Allowance) -> str | None:
        """Return the id of the file of this name, or None."""
        return retry(lambda: self._find_file(name), allowance)[0]

    def find_batch(self, file_id: str, allowance: Allowance) -> BatchReport | None:
        """Return the batch of an input file, or None."""
        return retry(lambda: self._find_batch(file_id), allowance)[0]

    def delete(self, file_id: str, allowance: Allowance) -> None:
        """Delete a file."""
        retry(lambda: self._call("delete", f"/files/{file_id}", {}), allowance)

    def download(self, file_id: str, target: Path, allowance: Allowance) -> None:
        """Write the content of a file to a path, piece by piece."""
        retry(lambda: self._download(file_id, target), allowance)

    def close(self) -> None:
        """Close the connections."""
        self._clients.close()

    def _once(self, find: Callable[[], T | Failure | None], post: Callable[[], T | Failure], allowance: Allowance) -> T:
        """Return what exists already, else what `post` makes; look for it again before every retry."""

        def attempt() -> T | Failure:
            found = find()
            return post() if found is None else found

        return retry(attempt, allowance)[0]

    def _find_file(self, name: str) -> str | Failure | None:
        """Return the id of the file of that name, or None."""
        for file in self._listed("/files", "filename"):
            if isinstance(file, Failure):
                return file
            if file.get("filename") == name:
                return self._text(file, "id", "a list of files")
        return None

    def _find_batch(self, file_id: str) -> BatchReport | Failure | None:
        """Return the batch of an input file, or None."""
        for batch in self._listed("/batches", "input_file_id"):
            if isinstance(batch, Failure):
                return batch
            if batch.get("input_file_id") == file_id:
                return self._report(batch)
        return None

    def _listed(self, path: str, name: str) -> Iterator[JsonObject | Failure]:
        """Yield the entries of all pages of a list, or the failure that ends it.

        A list in which an entry lacks an id or a text under the key `name` is a failure: a broken list must not look
        like one without our entry, which would then be sent, and paid for, again.
        """
        params: dict[str, object] = {}
        seen = set[str]()
        for _ in range(_MOST_PAGES):
            page = self._call("get", path, {"params": params})
            if isinstance(page, Failure):
                yield page
                return
            data, more = page.get("data"), page.get("has_more")
            entries = [as_object(one) for one in data] if isinstance(data, list) else []
            whole = all(isinstance(one.get("id"), str) and isinstance(one.get(name), str) for one in entries)
            if not (isinstance(data, list) and whole and more in (True, False, None)):
                yield self._odd(page, "a list")
                return
            yield from entries
            if more is not True:
                return
            last = str(entries[-1].get("id")) if entries else ""
            if not last or last in seen:
                break  # the server repeats a page, and would go on without end
            seen.add(last)
            params = {"after": last}
        said = f"{self._api.provider} lists {path} without end, so that nobody can tell whether it has ours."
        yield Failure(ServerFailed(f"{said} Delete old entries there, or check the base URL."), transient=False)

    def _reported(self, method: str, path: str) -> BatchReport | Failure:
        made = self._call(method, path, {})
        return made if isinstance(made, Failure) else self._report(made)

    def _report(self, body: JsonObject) -> BatchReport | Failure:
        number, status = body.get("id"), body.get("status")
        if not (isinstance(number, str) and number and isinstance(status, str) and status):
            return self._odd(body, "a batch")
        counts = as_object(body.get("request_counts"))
        expires = body.get("expires_at")
        return BatchReport(
            number,
            status,
            _words(body.get("input_file_id")) or "",
            _words(body.get("output_file_id")),
            _words(body.get("error_file_id")),
            *(_count(counts.get(name)) for name in ("total", "completed", "failed")),
            errors=tuple(mask(said, self.secrets) for said in _errors(body.get("errors"))),
            expires_at=float(expires) if isinstance(expires, int | float) else None,
        )

    def _text(self, body: JsonObject, name: str, what: str) -> str | Failure:
        found = body.get(name)
        return found if isinstance(found, str) and found else self._odd(body, what)

    def _odd(self, body: JsonObject, what: str) -> Failure:
        text = mask(str(body)[:200], self.secrets)
        said = f"{self._api.provider} answered with JSON that is not {what}: {text}. Try again, or check the base URL."
        return Failure(ServerFailed(said), transient=True)

    def _call(
        self,
        method: str,
        path: str,
        options: RequestOptions,
        body: Mapping[str, Json] | None = None,
        file: tuple[str, object, str] | None = None,
    ) -> JsonObject | Failure:
        """Return the JSON object that a call answers, or a failure."""
        url, send = self._endpoint.url(f"{self._base}{path}"), getattr(self._clients.sync(), method)
        if file is not None:
            send = partial(send, files=[("file", file)])
        if method == "post":
            send = partial(send, body=body)
        options = {**options, "timeout": self._timeout}
        try:
            response: httpx.Response = send(url, cast_to=self._types.response, options=options)
        except self._types.status_error as error:
            return self._refused(error.response, path)
        except self._types.connection_errors as error:
            return connection_failure(error, self._endpoint, self._api)
        found = decode(response.content)
        return found if isinstance(found, dict) else self._no_json(response)

    def _refused(self, response: httpx.Response, path: str) -> Failure:
        reply = Reply(response.status_code, response.headers, response.content)
        refusal = read_refusal(decode(reply.content), reply.content.decode("utf-8", "replace"))
        named = refusal.code is not None and refusal.code.endswith("_not_found")
        if reply.status in _NOT_SERVED and not named:
            said = mask(refusal.message, self.secrets)[:300].rstrip(".")
            return Failure(
                RequestRejected(
                    f"{self._api.provider} at {self._endpoint.shown} serves no batches: it answered {reply.status} to "
                    f"{self._base}{path} ({said}). Check the base URL, or omit --via to use single calls.",
                    status=reply.status,
                    code=refusal.code,
                )
            )
        return refused(reply, refusal, self._api, self.secrets)

    def _no_json(self, response: httpx.Response) -> Failure:
        page = mask(describe_page(response.content.decode("utf-8", "replace")), self.secrets)
        said = f"{self._api.provider} answered {response.status_code} with {page}, which is not JSON."
        return Failure(ServerFailed(f"{said} Try again, or check the base URL.", status=response.status_code), True)

    def _download(self, file_id: str, target: Path) -> None | Failure:
        path = f"/files/{file_id}/content"
        try:
            opened = self._clients.sync().get(
                self._endpoint.url(f"{self._base}{path}"),
                cast_to=self._types.response,
                options={"timeout": self._timeout},
                stream=True,
                stream_cls=groq.Stream[object],
            )
            response = cast("httpx.Response", opened)  # the SDK returns what cast_to names, despite its type hints
            with closing(response), target.open("wb") as file:
                for piece in response.iter_bytes():
                    file.write(piece)
        except self._types.status_error as error:
            return self._refused(error.response, path)
        except self._types.connection_errors as error:
            return connection_failure(error, self._endpoint, self._api)
        return None


def _words(value: Json) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: Json) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _errors(errors: Json) -> Iterator[str]:
    """Yield what is wrong with an input file, each as a sentence."""
    data = as_object(errors).get("data")
    for one in map(as_object, data if isinstance(data, list) else ()):
        line, message = one.get("line"), one.get("message")
        where = f"line {line}: " if isinstance(line, int) else ""
        yield f"{where}{message if isinstance(message, str) else one.get('code')}"[:500]
