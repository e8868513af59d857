"""When to ask again and when to leave a server alone: Retry-After, growing waits, and a circuit for hosts that fail."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime

MAX_ATTEMPTS = 3
MAX_WAIT_SECONDS = 30.0
FAILURES_TO_OPEN = 5
"""So many images of a host must fail one after the other, each in all its attempts, before the host is left alone."""
COOL_DOWN_SECONDS = 60.0


def retry_after(text: str, now: float) -> float | None:
    """The wait that a Retry-After header asks for, in seconds, None for none (RFC 9110, 10.2.3); never over 30."""
    if not text.strip():
        return None
    try:
        seconds = float(text) if text.strip().isdigit() else _timestamp(text) - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds, 0.0), MAX_WAIT_SECONDS)


def _timestamp(text: str) -> float:
    """An HTTP date, which is UTC also in the form that names no zone (RFC 9110, 5.6.7), wherever this machine is."""
    date = parsedate_to_datetime(text)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()


def backoff(url: str, attempt: int) -> float:
    """Seconds before the next attempt: doubling, with a jitter of a half that is the same for the same URL."""
    return float(2 ** (attempt - 1)) * random.Random(f"{attempt} {url}").uniform(0.5, 1.0)


@dataclass(slots=True)
class _Health:
    failures: int = 0
    closed_until: float = 0.0
    paused_until: float = 0.0


class Circuit:
    """What is known of each host's health, from any number of threads.

    After FAILURES_TO_OPEN failures in a row a host is left alone for COOL_DOWN_SECONDS; then one request may try it,
    and its failure closes the host for as long again (the circuit breaker of M. Nygard, Release It!, chapter 5).
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._hosts: dict[str, _Health] = {}

    def admits(self, host: str) -> bool:
        """Whether a request may go to the host now. Who asks first after the cool-down is the one that tries."""
        with self._lock:
            health = self._hosts.get(host)
            if health is None or health.failures < FAILURES_TO_OPEN:
                return True
            if self._clock() < health.closed_until:
                return False
            health.closed_until = self._clock() + COOL_DOWN_SECONDS
            return True

    def succeeded(self, host: str) -> None:
        """The host answered as a host that works does; a refusal such as 404 is such an answer."""
        with self._lock:
            health = self._hosts.pop(host, None)
            if health and health.paused_until > self._clock():  # the wait that it asked for concerns the others still
                self._hosts[host] = _Health(paused_until=health.paused_until)

    def failed(self, host: str) -> None:
        """An image of the host was given up."""
        with self._lock:
            health = self._hosts.setdefault(host, _Health())
            health.failures += 1
            health.closed_until = self._clock() + COOL_DOWN_SECONDS

    def pause(self, host: str, seconds: float) -> None:
        """The host asked for a wait: it concerns every download from it, not only the one that was told."""
        with self._lock:
            health = self._hosts.setdefault(host, _Health())
            health.paused_until = max(health.paused_until, self._clock() + seconds)

    def pause_seconds(self, host: str) -> float:
        """How long the host still wants to be left alone, 0 for not at all."""
        with self._lock:
            health = self._hosts.get(host)
            return max(0.0, health.paused_until - self._clock()) if health else 0.0
