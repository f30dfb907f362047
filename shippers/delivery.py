"""One batch, until every line of it is settled: on the server, or refused for good."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, assert_never

from shippers import bulk
from shippers.backoff import wait_s
from shippers.batch import Segment, halves, pick, size
from shippers.bulk import Answered, Refusal, Rejected, Reply, RequestVerdict, Unanswered
from shippers.counters import Counters
from shippers.outage import Outage
from shippers.settings import ShipperSettings


class Target(Protocol):
    """Where lines are sent: one request, one reply."""

    def send(self, segments: Sequence[Segment]) -> Reply:
        """Sends these lines once."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that the server will never take, and why; `segment` holds just this line."""

    segment: Segment
    refusal: Refusal


class Delivery:
    """Sends a batch and sends again what has to be sent again, alone and after a jittered wait."""

    def __init__(
        self,
        target: Target,
        settings: ShipperSettings,
        counters: Counters,
        outage: Outage,
        draw: Callable[[], float],
    ) -> None:
        self._target, self._settings, self._draw = target, settings, draw
        self._counters, self._outage = counters, outage
        self._groups: list[list[Segment]] = []
        self._refused: list[Refused] = []
        self._attempt = 0

    def settle(
        self, segments: Sequence[Segment], stop: threading.Event, behind: Callable[[], int]
    ) -> list[Refused] | None:
        """Returns the lines refused when all are settled, None when `stop` came first.

        `behind` gives the bytes that wait in files, for the log. After `stop` nothing is sent again: the
        next run sends the same lines under the same ids.
        """
        self._groups = [list(segments)] if segments else []
        self._refused, self._attempt = [], 0
        while self._groups:
            group = self._groups.pop()
            if self._sent(group):
                self._attempt = 0
                self._outage.over(size(segments), behind)
            elif not self._waited(stop):
                return None
        return self._refused

    def _sent(self, group: list[Segment]) -> bool:
        """One request. What is left of its lines goes back to the groups; False asks for a wait."""
        self._counters.requests += 1
        reply = self._target.send(group)
        match reply:
            case Answered():
                return self._answered(group, reply)
            case Rejected():
                return self._rejected(group, reply)
            case Unanswered():
                # Lines whose fate is unknown keep their ids: what the server already has answers 409.
                return self._again(group, reply.type, reply.reason)
            case _:
                assert_never(reply)

    def _answered(self, group: list[Segment], answer: Answered) -> bool:
        result, counters = bulk.sort(answer), self._counters
        counters.acknowledged += result.accepted + result.duplicates
        counters.duplicates += result.duplicates
        counters.failure_store += result.failure_store
        for number, refusal in result.refused:
            self._refused.append(Refused(pick(group, [number])[0], refusal))
        if not result.retry:
            return True
        error = bulk.first_error(answer)
        if result.accepted or result.duplicates:
            self._attempt = 0
        return self._again(pick(group, result.retry), error.type, error.reason)

    def _rejected(self, group: list[Segment], reply: Rejected) -> bool:
        kind = reply.type or f"HTTP {reply.status}"
        match bulk.request_verdict(reply):
            case RequestVerdict.HALVE if size(group) > 1:
                self._groups += reversed(halves(group))
                return True
            case RequestVerdict.HALVE:
                self._refused.append(Refused(group[0], Refusal(reply.status, kind, reply.reason)))
                return True
            case RequestVerdict.RETRY | RequestVerdict.WAIT:
                return self._again(group, kind, reply.reason)

    def _again(self, group: list[Segment], kind: str, reason: str) -> bool:
        self._groups.append(group)
        self._counters.retries += size(group)
        self._outage.failed(kind, reason)
        return False

    def _waited(self, stop: threading.Event) -> bool:
        settings = self._settings
        pause = wait_s(self._attempt, settings.backoff_first_s, settings.backoff_cap_s, self._draw)
        self._attempt += 1
        return not stop.wait(pause)
