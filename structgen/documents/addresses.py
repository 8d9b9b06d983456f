"""List and read inputs at addresses (``s3://``, ``gs://``, ``https://``, ``memory://``) through fsspec.

Everything that a filesystem raises becomes a DocumentError whose words hold no credential of the address, so that a
file that vanishes or breaks off fails alone.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import unquote, urlsplit

from typing_extensions import Buffer

from structgen.core.errors import ConfigurationError, DocumentError
from structgen.core.masking import mask, mask_url

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
"""At least two letters, because one would be a drive of Windows."""
_COLLAPSED = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/(?!/)")
"""An address after it was converted to a Path, which joins its slashes."""
_PAGES = frozenset({"http", "https"})
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "abfs": "adlfs", "az": "adlfs"}
SECONDS = 60.0
"""How long a filesystem may take to connect or to send the next bytes."""
MOST_IN_MEMORY = 200 * 2**20
"""Maximum bytes of a table that can only be read as a whole."""


def is_address(text: str) -> bool:
    """Whether an input is an address and not a path."""
    return _ADDRESS.match(text) is not None


def collapsed_address(path: str) -> str | None:
    """Return the address that was made a path, masked, or None if the path was none."""
    found = _COLLAPSED.match(path) or _ADDRESS.match(path)
    return mask_url(f"{found[1]}://{path[found.end() :]}") if found else None


def check_addresses(inputs: Sequence[str]) -> None:
    """Raise ConfigurationError if a filesystem that the inputs need is unknown or not installed."""
    for given in inputs:
        if is_address(given):
            _filesystem_class(given)


def _protocol(address: str) -> str:
    found = _ADDRESS.match(address)
    return found[1].lower() if found else ""


def _filesystem_class(address: str) -> Any:
    protocol = _protocol(address)
    try:
        fsspec: Any = import_module("fsspec")
    except ImportError as error:
        raise ConfigurationError(
            f"Reading {mask_url(address)} needs fsspec: pip install 'structgen[remote]'{_more(protocol)}."
        ) from error
    try:
        return fsspec.get_filesystem_class(protocol)
    except ImportError as error:
        package = _PACKAGES.get(protocol)
        needed = f"{package}: pip install {package}" if package else f"another package: {error}"
        raise ConfigurationError(f"Reading {mask_url(address)} needs {needed}.") from error
    except ValueError as error:
        raise ConfigurationError(
            f"{mask_url(address)}: no filesystem is known for {protocol}://. Use s3://, gs://, https:// or a path."
        ) from error


def _more(protocol: str) -> str:
    return f" {_PACKAGES[protocol]}" if protocol in _PACKAGES else ""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at an address. `shown` is the address without credentials."""

    address: str
    shown: str
    filesystem: Any
    path: str

    @property
    def format_path(self) -> PurePosixPath:
        """The path whose suffix says the format: without the query of a URL."""
        return PurePosixPath(_named(self.address))

    @contextmanager
    def open(self) -> Generator[BinaryIO]:
        """Yield the bytes of the file. Raises DocumentError, also while it is read."""
        with _explained(self.address):
            file = self.filesystem.open(self.path, "rb")
        try:
            yield cast(BinaryIO, io.BufferedReader(_Remote(file, self.address)))
        finally:
            with _explained(self.address):
                file.close()


class _Remote(io.RawIOBase):
    """The bytes of a remote file. Errors of the filesystem become DocumentErrors."""

    def __init__(self, file: Any, address: str) -> None:
        self._file, self._address = file, address

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return whether the filesystem can read from any place."""
        return bool(self._file.seekable())

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Go to a place."""
        with _explained(self._address):
            return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def readinto(self, buffer: Buffer, /) -> int:
        """Read bytes."""
        with memoryview(buffer) as view, _explained(self._address):
            data: bytes = self._file.read(len(view))
            view[: len(data)] = data
        return len(data)


@contextmanager
def _explained(address: str) -> Generator[None]:
    """Turn what a filesystem raises, which may be anything, into a DocumentError without credentials."""
    try:
        yield
    except (DocumentError, GeneratorExit, KeyboardInterrupt, SystemExit):
        raise
    except Exception as error:  # each filesystem raises exceptions of other classes
        raise DocumentError(_reason(error, address)) from error


def _reason(error: BaseException, address: str) -> str:
    """Say why a filesystem cannot read an address."""
    # fsspec's web filesystem calls every fault a missing file: a server that is down too
    if isinstance(error, FileNotFoundError) and error.__cause__ is not None and _protocol(address) in _PAGES:
        return _reason(error.__cause__, address)
    status: object = getattr(error, "status", None)
    if isinstance(error, FileNotFoundError) or status in {404, 410}:
        return "there is no such file."
    if isinstance(error, PermissionError) or status in {401, 403}:
        return "access was denied: check the credentials of this filesystem."
    if isinstance(error, TimeoutError):
        return f"it cannot be read: no response arrived within {SECONDS:.0f} s."
    if isinstance(status, int) and status >= 400:
        return f"it cannot be read: the server responded with status {status}."
    words = mask(str(error).replace(address, mask_url(address)), _secrets(address)) or type(error).__name__
    return f"it cannot be read: {' '.join(words.split())[:300].rstrip('.')}."


def _secrets(address: str) -> tuple[str, ...]:
    parts = urlsplit(address)
    values = [pair.partition("=")[2] for pair in parts.query.split("&")]
    return tuple(filter(None, (parts.username, parts.password, unquote(parts.password or ""), *values)))


def _named(address: str) -> str:
    """Return the path of an address, without a host's query; that of other filesystems may contain ``?``."""
    if _protocol(address) in _PAGES:
        return unquote(urlsplit(address).path)
    return _ADDRESS.sub("", address, count=1)


Notice = Callable[[str], None]
Chosen = Callable[[str], bool]
"""Whether the file with this name, relative to the listed folder, is read."""


def find_remote_files(address: str, is_chosen: Chosen) -> Iterator[tuple[RemoteFile, str]]:
    """Yield the files at an address with their names: the file itself, those of a folder, or of a pattern, sorted.

    A web address is a folder only if it ends with ``/``. Raises DocumentError if there is none or it cannot be listed.
    """
    with _explained(address):
        filesystem = _open_filesystem(address)
        path: str = filesystem._strip_protocol(address)
    pages = _protocol(address) in _PAGES
    if any(sign in address for sign in ("*[" if pages else "*?[")):
        yield from _glob(filesystem, path, address, is_chosen)
    elif _is_folder(filesystem, path, address, pages=pages):
        yield from _folder(filesystem, path, address, is_chosen)
    else:
        yield RemoteFile(address, mask_url(address), filesystem, path), PurePosixPath(_named(address)).name or "index"


def _open_filesystem(address: str) -> Any:
    kind, protocol = _filesystem_class(address), _protocol(address)
    options: dict[str, Any] = dict(kind._get_kwargs_from_urls(address))
    if protocol in _PAGES:
        aiohttp: Any = import_module("aiohttp")
        options["client_kwargs"] = {"timeout": aiohttp.ClientTimeout(sock_connect=SECONDS, sock_read=SECONDS)}
    elif protocol in {"s3", "s3a"}:
        options["config_kwargs"] = {"connect_timeout": SECONDS, "read_timeout": SECONDS}
    return kind(**options)


def _is_folder(filesystem: Any, path: str, address: str, *, pages: bool) -> bool:
    if pages:
        return address.endswith("/")
    with _explained(address):
        return filesystem.info(path)["type"] == "directory"


def _glob(filesystem: Any, path: str, address: str, is_chosen: Chosen) -> Iterator[tuple[RemoteFile, str]]:
    with _explained(address):
        found: list[str] = sorted(filesystem.glob(path))
    fixed = path[: min(path.find(sign) for sign in "*?[" if sign in path)].rpartition("/")[0]
    for one in found:
        name = _relative(one, fixed)
        if is_chosen(name):
            with _explained(address):
                whole = filesystem.isdir(one)
            if not whole:
                yield _found(filesystem, one), name


def _folder(filesystem: Any, path: str, address: str, is_chosen: Chosen) -> Iterator[tuple[RemoteFile, str]]:
    """Yield the files below a folder, one folder after the other, so that only one listing is in memory."""
    base, todo, seen = path.rstrip("/"), [path], {path.rstrip("/")}
    while todo:
        with _explained(address):
            listed: list[dict[str, Any]] = sorted(filesystem.ls(todo.pop(), detail=True), key=lambda one: one["name"])
        below: list[str] = []
        for entry in listed:
            here: str = entry["name"]
            name = _relative(here, base)
            # an index page may link to other places; hidden files are skipped, as in local folders
            if not here.startswith(f"{base}/") or not name or name.startswith(".") or "/." in name or "?" in name:
                continue
            if entry["type"] == "directory" or name.endswith("/"):
                if here.rstrip("/") not in seen:
                    seen.add(here.rstrip("/"))
                    below.append(here)
            elif is_chosen(name):
                yield _found(filesystem, here), name
        todo += reversed(below)


def _relative(path: str, base: str) -> str:
    return path.removeprefix(base).lstrip("/")


def _found(filesystem: Any, path: str) -> RemoteFile:
    """Return a file of a listing. Its address is that of the filesystem, which contains none of our credentials."""
    address = path if is_address(path) else str(filesystem.unstrip_protocol(path))
    return RemoteFile(address, mask_url(address), filesystem, path)
