"""Who may ask a server of ours: the address that a request names, the page that it comes from, a token."""

import hmac
import ipaddress
import secrets
import socket
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_COOKIE_BYTES = 32
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_TOKEN_LETTERS = 12
"""Of 31 letters that nobody mistakes for another: 59 bits, which can be typed on a phone, and no network guesses."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server listens: the host that was asked for, and the port that it got."""

    host: str
    port: int

    @property
    def shown(self) -> str:
        """The address that a browser opens; where the server listens at every address, one for other devices too."""
        host = _way_out() if self.host in ("0.0.0.0", "::") else self.host
        return f"http://[{host}]:{self.port}/" if ":" in host else f"http://{host}:{self.port}/"

    def is_named(self, host: str) -> bool:
        """Whether a Host header names this server (RFC 9110, 7.2).

        A stranger's page can have its own name lead to this machine (DNS rebinding), but no name of ours: on loopback
        only loopback's names count, elsewhere only addresses, this machine's name, and the host that was asked for.
        """
        try:
            parts = urlsplit(f"//{host}")
            name, port = parts.hostname or "", parts.port or 80
        except ValueError:
            return False
        if parts.netloc != host or "@" in host or port != self.port:
            return False
        if self.host in LOOPBACK:
            return name in LOOPBACK
        return name in (self.host.lower(), socket.gethostname().lower()) or _is_address(name)


def _way_out() -> str:
    """The address by which other devices reach this machine, else its name.

    A datagram's socket that is connected knows its own address and sends nothing; the other one is no machine's
    (RFC 5737).
    """
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
            datagrams.connect(("192.0.2.1", 9))
            return str(datagrams.getsockname()[0])
    except OSError:
        return socket.gethostname()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def comes_from_here(method: str, host: str, origin: str | None, site: str | None) -> bool:
    """Whether a request was made by our own page, or by a person who opened an address.

    Browsers say where a request comes from in Sec-Fetch-Site (Fetch Metadata, 2.4), the `site`; older ones in Origin
    alone. What changes something must say it; what is only read may say nothing, which is None.
    """
    if origin is not None and origin != f"http://{host}":
        return False
    if method in ("GET", "HEAD"):
        return site in (None, "same-origin", "none")
    return site == "same-origin" or (site is None and origin is not None)


def _token() -> str:
    return "".join(secrets.choice(_LETTERS) for _letter in range(_TOKEN_LETTERS))


@dataclass(slots=True)
class Pass:
    """A token that is exchanged for the value of a cookie; only who has the cookie is let in.

    With `once` the token is worth nothing after the first time; else every device that has it may come in.
    """

    once: bool = True
    token: str = field(default_factory=_token)
    _cookie: str = field(default_factory=lambda: secrets.token_urlsafe(_COOKIE_BYTES))
    _used: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def exchange(self, token: str) -> str:
        """The cookie's value for the token; "" for another token, and for one that works no more."""
        with self._lock:
            if (self._used and self.once) or not _equal(token, self.token):
                return ""
            self._used = True
            return self._cookie

    def lets_in(self, cookie: str) -> bool:
        return _equal(cookie, self._cookie)


def _equal(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", errors="replace"), secret.encode())
