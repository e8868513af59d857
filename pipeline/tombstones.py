"""What is left of a forgotten image: hashes, by which it and its addresses are known again, and nothing else."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pipeline.files import sha256_of


@dataclass(frozen=True, slots=True, order=True)
class Tombstone:
    """`mark` is the sha256 of a forgotten image, or of an address or host name; `image` is the image that it led to.

    `image` is "" for a mark that led to none, such as an address that was never fetched.
    """

    mark: str
    image: str = ""


def address_mark(url: str) -> str:
    """The hash of an address. `%EB%B2%9A` and `벚`, and any case of the host, are the same address."""
    plain = unquote(url.strip())
    scheme, separator, rest = plain.partition("://")
    host, slash, path = rest.partition("/")
    if scheme.lower() in ("http", "https"):
        path = path.partition("#")[0]
    return sha256_of(f"{scheme.lower()}{separator}{host.lower()}{slash}{path}".encode(errors="surrogatepass"))


def host_mark(host: str) -> str:
    """The hash of a host name, in any spelling of its case and of its non-ASCII letters (IDNA)."""
    return sha256_of(_ascii(host).encode())


def marks_of_addresses(urls: Iterable[str]) -> set[str]:
    """The hashes of addresses and of all that a person could have named to have them forgotten."""
    known = [url for url in urls if url]
    return {address_mark(url) for url in known} | {host_mark(name) for url in known for name in hosts_of(url)}


def hosts_of(url: str) -> Iterator[str]:
    """`a.example.org`, `example.org`, `org` for an address on a.example.org; nothing for one without a host."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return
    labels = _ascii(host).split(".") if host else []
    yield from (".".join(labels[start:]) for start in range(len(labels)))


def _ascii(host: str) -> str:
    name = host.strip().strip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name.encode("ascii", errors="xmlcharrefreplace").decode()
