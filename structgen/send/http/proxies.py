"""The proxies of the environment: which one a request takes, and what is wrong with it in plain words."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from structgen.core.errors import ConfigurationError
from structgen.core.masking import mask, mask_url


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy of the environment. `variable` is the environment variable that names it; `url` may hold a password."""

    url: str
    variable: str

    @property
    def shown(self) -> str:
        """The proxy for people: its URL without its credentials, and its variable."""
        return f"{mask_url(self.url)} ({self.variable})"

    @property
    def is_socks(self) -> bool:
        """Whether it is a SOCKS proxy."""
        return self.url.lower().startswith("socks")


def proxy_for(url: str) -> Proxy | None:
    """Return the proxy that httpx takes for a URL, or None."""
    found, parts = getproxies(), urlsplit(url)
    if parts.hostname is None or proxy_bypass(parts.hostname):
        return None
    for name in (parts.scheme, "all"):
        if found.get(name):
            return Proxy(found[name] if "://" in found[name] else f"http://{found[name]}", f"{name.upper()}_PROXY")
    return None


@contextlib.contextmanager
def proxies_checked() -> Generator[None]:
    """Turn the errors of httpx about proxies, when a client is opened, into a ConfigurationError."""
    try:
        yield
    except ImportError as error:
        shown = next((mask_url(url) for url in getproxies().values() if url.lower().startswith("socks")), "of the URL")
        raise ConfigurationError(
            f'The proxy {shown} is a SOCKS proxy, which needs another package: run pip install "httpx[socks]", or '
            "unset ALL_PROXY, HTTPS_PROXY and HTTP_PROXY."
        ) from error
    except Exception as error:
        import httpx  # only now, because this module is imported where httpx is not needed

        if not isinstance(error, (ValueError, httpx.InvalidURL)):
            raise
        raise ConfigurationError(
            f"A proxy of the environment cannot be used: {mask(str(error))}. Write http://host:port into HTTPS_PROXY, "
            "HTTP_PROXY or ALL_PROXY."
        ) from None
