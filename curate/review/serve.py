"""The door of the review: a server on this machine until Ctrl-C, and a browser that opens its page."""

import logging
import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import waitress

from curate.options import ReviewOptions
from curate.review.application import application
from curate.review.desk import Desk, not_curated
from curate.review.gate import Address, Pass
from pipeline.dataset import DatasetDir
from pipeline.decisions import LOOK
from pipeline.errors import Terminated, UsageError
from pipeline.language import _
from pipeline.records import Domain

_THREADS = 8
"""Enough for the six connections that a browser opens, and a second tab."""

_LAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What a review came to: how many words were said in it, without those that only say what was looked at."""

    decisions: int

    def text(self) -> str:
        if not self.decisions:
            return _("Nothing was decided.")
        return _("{count} decisions. They count from the next pipeline curate on.", count=self.decisions)


def review(
    options: ReviewOptions,
    dataset: DatasetDir,
    *,
    names: Mapping[Domain, str],
    announce: Callable[[str], None],
    open_page: Callable[[str], object] | None = None,
) -> ReviewSummary:
    """Serve the page until Ctrl-C; `names` are the domains', `announce` is told the address, `open_page` opens it.

    Raises UsageError where nothing is curated or nothing can listen at --host and --port; UnusableError, DiskError;
    Terminated after SIGTERM.
    """
    if not dataset.catalog.is_file():
        raise not_curated(dataset)
    desk, entry = Desk(dataset, names), Pass()
    before = desk.heard_since(0).number
    with _listening(options) as listener:
        address = Address(options.host, listener.getsockname()[1])
        app = application(desk, address, entry)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # that a request waits a moment is no news
        server = waitress.create_server(
            app, sockets=[listener], threads=_THREADS, ident="", clear_untrusted_proxy_headers=True
        )
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        page = f"{address.shown}?token={entry.token}"
        try:
            announce(_("Review: {address} (Ctrl-C ends it; the address works once)", address=page))
            if not options.no_browser:
                (open_page or _open)(page)
            thread.join()
        except Terminated:
            raise
        except KeyboardInterrupt:
            pass  # this is how it ends
        finally:
            server.task_dispatcher.shutdown()  # what is being written is written to its end
            server.trigger.pull_trigger(lambda: server.asyncore.close_all(server._map))
            thread.join(_LAST_SECONDS)  # a thread that still talks while Python ends can bring it down
    return ReviewSummary(sum(one.action != LOOK for one in desk.heard_since(before).decisions))


def _listening(options: ReviewOptions) -> socket.socket:
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


def _open(page: str) -> None:
    """Open the page where there is a screen; a browser of the terminal would take the terminal."""
    if sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        webbrowser.open(page)
