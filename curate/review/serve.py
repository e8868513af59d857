"""The door of the review: a server on this machine until Ctrl-C, and a browser that opens its page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from curate.review.application import MOST_BYTES, application
from curate.review.desk import Desk, not_curated
from pipeline.dataset import DatasetDir
from pipeline.decisions import LOOK
from pipeline.gate import Pass
from pipeline.language import _
from pipeline.listening import ListenOptions
from pipeline.records import Domain
from pipeline.webserver import serve


@dataclass(frozen=True, slots=True)
class ReviewSummary:
    """What a review came to: how many words were said in it, without those that only say what was looked at."""

    decisions: int

    def text(self) -> str:
        if not self.decisions:
            return _("Nothing was decided.")
        return _("{count} decisions. They count from the next pipeline curate on.", count=self.decisions)


def review(
    options: ListenOptions,
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
    serve(
        lambda address: application(desk, address, entry),
        options,
        entry,
        most_bytes=MOST_BYTES,
        announce=lambda page: announce(_("Review: {address} (Ctrl-C ends it; the address works once)", address=page)),
        open_page=open_page,
    )
    return ReviewSummary(sum(one.action != LOOK for one in desk.heard_since(before).decisions))
