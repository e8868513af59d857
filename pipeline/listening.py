"""Where a server on this machine listens: what the user may say about it, and the socket."""

import socket
from dataclasses import dataclass

from pipeline.errors import OptionError, UsageError
from pipeline.language import _
from pipeline.options import option


@dataclass(frozen=True)
class ListenOptions:
    """What the user may say about a page that this machine serves. Raises OptionError for what cannot be meant."""

    host: str = option(
        "127.0.0.1", "Listen at another address of this machine; the page then needs its token.", metavar="ADDRESS"
    )
    port: int = option(0, "Listen at this port; 0 takes a free one.", metavar="N")
    no_browser: bool = option(False, "Print the page's address and open no browser.")

    def __post_init__(self) -> None:
        if not self.host:
            raise OptionError("host", self.host, _("an address of this machine, such as 127.0.0.1"))
        if not 0 <= self.port <= 65535:
            raise OptionError("port", self.port, _("from 0 to 65535"))


def listening(options: ListenOptions) -> socket.socket:
    """A socket that listens there. Raises UsageError where that is not possible."""
    try:
        family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
        return socket.create_server((options.host, options.port), family=family)
    except (OSError, UnicodeError) as error:
        raise UsageError(
            _(
                "--host {host} --port {port}: cannot listen there ({error}). Leave them out, or name an address of"
                " this machine and a free port.",
                host=options.host,
                port=options.port,
                error=error,
            )
        ) from error
