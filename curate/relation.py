"""Two pictures -> whether one is a copy of the other, both show the same scene, or neither."""

from dataclasses import dataclass
from typing import Literal

from curate.alignment import Alignment, Matrix, alignments, place_in
from curate.differences import Change, Motion, change
from curate.proposals import Proposal
from curate.view import View

Kind = Literal["copy", "scene", "unrelated"]

_LINKED_BITS = 6
"""Whole pictures whose codes are this near are linked whatever the geometry says; a link removes nothing."""
_LINKED_SIMILARITY = 0.85
"""The same, where the grey levels agree too: no pair of 320,000 pairs of distinct photos comes near it."""
_FEWEST_INLIERS = 12
_MANY_INLIERS = 25
_LEAST_CORRELATION = 0.6
_LEAST_CORRELATION_OF_MANY = 0.35
_LEAST_CORRELATION_UNSEEN = 0.85
_LEAST_SHARE = 0.4
"""What makes an alignment more than chance: the more features agree on it, the less the grey levels have to."""

_CONTAINED = 0.95
_CONTAINED_UNCHANGED = 0.92
"""The share of the smaller part's content that must lie in the other picture: two shots each show something more."""
_STILL = 0.25
_STILL_MOST = 0.6
_SLACK = 1.5
"""Pixels that blocks may be off, in the middle and at most; by half more where nothing at all differs. Frames of moving
cameras: at least 0.3 and 0.9 of 250 pairs but for those in which things came and went."""
_LARGEST_OVERLAY = 0.2
_SEE_THROUGH = 0.35
_FAINTLY_SEE_THROUGH = 0.25
_CLEARLY_SEE_THROUGH = 0.5
_SURELY_SEE_THROUGH = 0.8
"""Correlations of detail. Where something moved they lie below 0.25: what is there now has other details."""
_ONE_SIDED = 0.7
_ALL_ONE_SIDED = 0.95
_OWNED = 0.95
_MOSTLY_OWNED = 0.6
"""What moves stands out of one picture where it was and of the other where it is; what is drawn on only of one."""
_STEEP = 85.0
_STEEPEST = 100.0
"""Grey levels a pixel: outlined letters have 100 and more, the edges of moving things up to 95 on a glaring road."""
_ONE_COLOUR = 0.32
_TWO_COLOURS = 0.55
_EVEN_COLOUR = 0.5
"""Shares that badges reach and moving things do not (at most 0.30 and 0.50 of 76 that stood out of one frame)."""
_OUTSTANDING = 0.55
_OUTSTANDING_OF_MIXED = 0.58
_CLEARLY_OUTSTANDING = 0.75
_STEEP_BADGE = 30.0
_STEEP_BAR = 40.0
"""An even road that a car has left is even too, but it has no edge where the car was."""
_QUIET = 1.2
_QUIET_LETTERING = 2.0
_FEW_SPOTS = 8


@dataclass(frozen=True, slots=True)
class Relation:
    """What two pictures are to each other.

    "copy": one was made from the other; "scene": the same place or subject taken twice (a burst, two frames of a
    video), or a copy that cannot be told from that; "unrelated". `score` is the correlation of the aligned pictures;
    `detail` names the rule that decided, the same on every machine. `place`: `Comparison.place`.
    """

    kind: Kind
    score: float
    detail: str
    place: tuple[float, ...] = ()


def relate(first: View, second: View, proposal: Proposal | None = None) -> Relation:
    """The relation of two views. Pure; for (second, first) the same but the place, when the proposal names them so."""
    best: Alignment | None = None
    judged: list[Matrix] = []
    for alignment in alignments(first, second, proposal):
        if _belongs(alignment) and not any(alignment.matrix is known for known in judged):
            rule = _rule(alignment)
            if rule:
                return Relation("copy", round(alignment.correlation, 3), rule, place_in(first, alignment))
            judged.append(alignment.matrix)
        if best is None or (_belongs(alignment), alignment.correlation) > (_belongs(best), best.correlation):
            best = alignment
    score = 0.0 if best is None else round(best.correlation, 3)
    if best is not None and _belongs(best):
        return Relation("scene", score, "same place", place_in(first, best))
    if proposal is not None and _is_linked(proposal, score):
        return Relation("scene", score, "alike as a whole")
    return Relation("unrelated", score, "no common place")


def _is_linked(proposal: Proposal, correlation: float) -> bool:
    """Whether two pictures are linked by their codes, whatever became of their features."""
    if proposal.orientation or not proposal.part.is_whole:
        return False
    close = proposal.distance <= _LINKED_BITS
    return close or (proposal.similarity >= _LINKED_SIMILARITY and correlation >= _LEAST_CORRELATION)


def _belongs(alignment: Alignment) -> bool:
    """Whether the alignment is more than chance."""
    least = _LEAST_CORRELATION_UNSEEN
    if alignment.inliers >= _FEWEST_INLIERS:
        least = _LEAST_CORRELATION_OF_MANY if alignment.inliers >= _MANY_INLIERS else _LEAST_CORRELATION
    return alignment.correlation >= least and alignment.contained >= _LEAST_SHARE


def _rule(alignment: Alignment) -> str:
    """By which rule one of two pictures that belong together is a copy of the other, or ""."""
    if alignment.contained < _CONTAINED_UNCHANGED:
        return ""
    difference = change(alignment)
    if difference is None or difference.share > _LARGEST_OVERLAY:
        return ""
    if not difference.spots:
        return "same content" if _is_still(difference.motion, _SLACK) else ""
    overlaid = alignment.contained >= _CONTAINED and _is_still(difference.motion, 1.0)
    return _overlay(difference) if overlaid else ""


def _is_still(moved: Motion, slack: float) -> bool:
    return moved.median <= _STILL * slack and moved.most <= _STILL_MOST * slack


def _overlay(difference: Change) -> str:
    """What was drawn over one of the pictures; "" where something moved, came or went."""
    owned = difference.owned >= _OWNED
    veiled = difference.through >= _SEE_THROUGH and difference.sided >= _ONE_SIDED
    mostly_owned = (
        difference.owned >= _MOSTLY_OWNED and difference.noise <= _QUIET and difference.steepness >= _STEEPEST
    )
    outlined = (
        difference.steepness >= _STEEP
        and difference.noise <= _QUIET_LETTERING
        and difference.edge >= (_OUTSTANDING if owned else _OUTSTANDING_OF_MIXED)
    )
    rules = {
        "under a veil": veiled or difference.through >= _SURELY_SEE_THROUGH,
        "under lettering": outlined and (owned or mostly_owned),
        "under a veil with lettering": owned and difference.through >= _CLEARLY_SEE_THROUGH,
    }
    found = next((name for name, holds in rules.items() if holds), "")
    quiet = owned and difference.noise <= _QUIET and difference.spots <= _FEW_SPOTS
    return found or (_quiet_overlay(difference) if quiet else "")


def _quiet_overlay(difference: Change) -> str:
    """The same where all spots stand out of one picture and the rest of the two is nearly equal."""
    coloured = difference.one_colour >= _ONE_COLOUR or difference.two_colours >= _TWO_COLOURS
    outstanding = difference.edge >= _OUTSTANDING and difference.steepness >= _STEEP_BADGE
    even = difference.one_colour >= _EVEN_COLOUR and difference.steepness >= _STEEP_BAR
    rules = {
        "under a veil with lettering": difference.through >= _SEE_THROUGH,
        "under a faint veil": difference.sided >= _ALL_ONE_SIDED and difference.through >= _FAINTLY_SEE_THROUGH,
        "under a badge": coloured and difference.vivid and outstanding,
        "under a bar": even and difference.edge >= _CLEARLY_OUTSTANDING,
    }
    return next((name for name, holds in rules.items() if holds), "")
