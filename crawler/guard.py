"""Which addresses a download may go to: schemes, hosts, and the table of refused networks. Nothing here connects."""

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import quote, urljoin, urlsplit

from w3lib.url import canonicalize_url

DEFAULT_PORTS = {"http": 80, "https": 443}

REFUSED_IPV4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network (RFC 791)
        "10.0.0.0/8",  # private (RFC 1918)
        "100.64.0.0/10",  # shared by carriers (RFC 6598)
        "127.0.0.0/8",  # loopback (RFC 1122)
        "169.254.0.0/16",  # link local, and the clouds' metadata services (RFC 3927)
        "172.16.0.0/12",  # private (RFC 1918)
        "192.0.0.0/24",  # protocol assignments (RFC 6890)
        "192.0.2.0/24",  # documentation (RFC 5737)
        "192.88.99.0/24",  # 6to4 relays, withdrawn (RFC 7526)
        "192.168.0.0/16",  # private (RFC 1918)
        "198.18.0.0/15",  # benchmarks (RFC 2544)
        "198.51.100.0/24",  # documentation (RFC 5737)
        "203.0.113.0/24",  # documentation (RFC 5737)
        "224.0.0.0/4",  # multicast (RFC 5771)
        "240.0.0.0/4",  # reserved, and the limited broadcast (RFC 1112, RFC 8190)
    )
)
"""IANA IPv4 special-purpose address registry, the rows that are not globally reachable, and multicast."""

GLOBAL_IPV6 = IPv6Network("2000::/3")
"""The only space that IANA gives out for global unicast; whatever lies outside it is refused."""

REFUSED_IPV6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, Teredo among them, which hides an IPv4 address (RFC 2928, RFC 4380)
        "2001:db8::/32",  # documentation (RFC 3849)
        "2002::/16",  # 6to4, which hides an IPv4 address (RFC 3056)
        "3fff::/20",  # documentation (RFC 9637)
    )
)
"""IANA IPv6 special-purpose address registry: the rows inside the global space that no image server lives in."""

_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052: what an IPv6-only network makes of a public IPv4 address
_IPV4_FORM = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
_LONE_PERCENT = re.compile(r"%(?![0-9a-fA-F]{2})")
_PATH_SAFE = "%/:@!$&'()*+,;=~-._[]|"
_QUERY_SAFE = _PATH_SAFE + "?{}^`\\"
"""What browsers leave as it is, though no URL should hold it (url.spec.whatwg.org): signatures are made over it."""


BLOCKED_ADDRESS = "blocked_address"
"""The reason of a candidate that lies in a network which no download may reach."""


class RefusedError(Exception):
    """A URL that is not fetched. `reason` is bad_scheme, bad_url or blocked_address."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A parsed http or https URL in ASCII: an IDN host in its xn-- form, everything else percent-encoded UTF-8."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the Host header says: no port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse(url: str, base: str = "") -> WebAddress:
    """Take a URL as pages write it (Hangul, spaces, relative to `base`) apart. Credentials in it are dropped.

    Raises RefusedError with bad_scheme for anything but http and https, and bad_url for what cannot be a URL.
    """
    try:
        parts = urlsplit(urljoin(base, url.strip()))
        if parts.scheme not in DEFAULT_PORTS:
            raise RefusedError("bad_scheme", parts.scheme or "none")
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        host = _ascii_host(parts.hostname or "")
    except ValueError as error:  # a port of letters, an open bracket, a label of 64 bytes
        raise RefusedError("bad_url", str(error)) from error
    target = _encoded(parts.path or "/", _PATH_SAFE)
    if parts.query:
        target += "?" + _encoded(parts.query, _QUERY_SAFE)
    return WebAddress(parts.scheme, host, port, target)


def is_refused(address: str) -> bool:
    """Whether an IP address lies in a network that no download may reach. Raises ValueError for what is no address."""
    parsed = _unwrapped(ipaddress.ip_address(address))
    if isinstance(parsed, IPv4Address):
        return any(parsed in network for network in REFUSED_IPV4)
    return parsed not in GLOBAL_IPV6 or any(parsed in network for network in REFUSED_IPV6)


def is_allowed_host(address: WebAddress, allowed: Iterable[str]) -> bool:
    """Whether the user named exactly this host, `HOST` for all its ports or `HOST:PORT` for one."""
    names = {address.host, f"[{address.host}]"} if ":" in address.host else {address.host}
    ports = {f"{name}:{address.port}" for name in names}
    return not (names | ports).isdisjoint(text.strip().lower() for text in allowed)


def checked(address: WebAddress, addresses: Iterable[str], allowed: Iterable[str]) -> list[str]:
    """The IP addresses that `address` may be connected to: all that its name has, or none.

    Raises RefusedError (blocked_address) as soon as one of them is refused and the user did not allow the host: a name
    with a public and a private address is no accident.
    """
    found = list(addresses)
    if not is_allowed_host(address, allowed):
        for text in found:
            if is_refused(text):
                raise RefusedError(BLOCKED_ADDRESS, f"{address.host} is {text}")
    return found


def checked_literal(address: WebAddress, allowed: Iterable[str]) -> None:
    """Refuse what can be refused without resolving a name, as where a proxy resolves it: addresses, and localhost.

    Raises RefusedError (blocked_address).
    """
    written = literal(address.host)
    is_local = is_refused(written) if written else f".{address.host}".endswith(".localhost")  # RFC 6761, 6.3
    if is_local and not is_allowed_host(address, allowed):
        raise RefusedError(BLOCKED_ADDRESS, address.host)


def key_of(url: str) -> str:
    """What two spellings of one URL have in common: the key by which a crawl knows that it was there already.

    Never to be requested itself: a signed URL is valid only as it was written.
    """
    try:
        return str(canonicalize_url(parse(url).url))
    except RefusedError:
        return url


def referer_of(page_url: str, address: WebAddress) -> str:
    """The Referer for an image of a page: "" for no page on the web, and from https to http (RFC 9110, 10.1.3)."""
    try:
        page = parse(page_url)
    except RefusedError:
        return ""
    return "" if page.scheme == "https" and address.scheme == "http" else page.url


def literal(host: str) -> str:
    """The IP address that a host is written as, "" for a name.

    Decimal, hexadecimal, octal and short IPv4 forms mean what inet_aton(3) takes them for, as in browsers.
    """
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        return socket.inet_ntoa(socket.inet_aton(host)) if _IPV4_FORM.fullmatch(host) else ""
    except OSError:
        return ""


def _unwrapped(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _ascii_host(host: str) -> str:
    name = host.rstrip(".")
    if not name.isascii():
        name = name.encode("idna").decode("ascii")  # UnicodeError is a ValueError
    if not name or re.search(r"[\s/\\@%<>]", name.split("%")[0]):
        raise ValueError(f"no host: {host!r}")
    return literal(name) or name.lower()


def _encoded(text: str, safe: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=safe)
