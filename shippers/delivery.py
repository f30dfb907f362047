"""One batch, until every line of it is settled: on the server, or refused for good."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, assert_never

from shippers import bulk
from shippers.backoff import wait_s
from shippers.batch import Segment, halves, pick, size
from shippers.bulk import Answered, Found, Refusal, Rejected, Reply, RequestVerdict, Unanswered
from shippers.counters import Counters
from shippers.outage import Outage
from shippers.settings import ShipperSettings
from shippers.streams import Streams, is_late


class Target(Protocol):
    """Where lines are sent: one request, one reply."""

    def send(self, segments: Sequence[Segment]) -> Reply:
        """Sends these lines once."""

    def lookup(self, stream: str, ids: Sequence[str]) -> Found | Rejected | Unanswered:
        """Which of these ids the data stream has, in whichever of its backing indices."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that the server will never take, and why; `segment` holds just this line."""

    segment: Segment
    refusal: Refusal


def refused_by_file(refused: Iterable[Refused]) -> Counter[str]:
    """How many lines were refused: identity of a file -> lines."""
    return Counter(each.segment.source.id for each in refused)


class Delivery:
    """Sends a batch and sends again what has to be sent again, alone and after a jittered wait.

    One thread uses it; target, counters, outage and streams are shared with other deliveries.
    """

    def __init__(
        self,
        target: Target,
        settings: ShipperSettings,
        counters: Counters,
        outage: Outage,
        streams: Streams,
        draw: Callable[[], float],
    ) -> None:
        self._target, self._settings, self._draw = target, settings, draw
        self._counters, self._outage, self._streams = counters, outage, streams
        self._groups: list[list[Segment]] = []
        self._refused: list[Refused] = []
        self._attempt = 0

    def settle(
        self, segments: Sequence[Segment], stop: threading.Event, behind: Callable[[], int]
    ) -> list[Refused] | None:
        """Returns the lines refused when all are settled, None when `stop` came first.

        `behind` gives the bytes that wait in files, for the log. After `stop` nothing is sent again: the
        next run looks the same lines up before it sends them under the same ids.
        """
        self._groups, self._refused, self._attempt = [], [], 0
        self._again(self._streams.fitted(segments))
        while self._groups:
            group = self._groups.pop()
            pause = self._looked_up(group) if _is_looked_up(group[0]) else self._sent(group)
            if pause is None:
                self._attempt = 0
                self._outage.over(size(segments), behind)
            elif not self._waited(stop, pause):
                return None
        return self._refused

    # Each step handles one group and puts what is left of it back. It returns None when it went well, else
    # the least seconds to wait.

    def _looked_up(self, group: list[Segment]) -> float | None:
        """Counts those lines of one stream that are on the server already; the others are sent."""
        reply = self._target.lookup(group[0].source.stream, [name for each in group for name in each.ids])
        match reply:
            case Found():
                self._again(self._missing(group, reply.ids))
            case Rejected(status=401 | 403):
                self._streams.warn_of_blindness(reply)
                self._again(_certain(group))
            case Rejected() | Unanswered():
                self._again(group)
                return self._failed(reply)
            case _:
                assert_never(reply)
        return None

    def _missing(self, group: list[Segment], ids: frozenset[str]) -> list[Segment]:
        names = (name for each in group for name in each.ids)
        missing = [number for number, name in enumerate(names) if name not in ids]
        lines = size(group)
        there = lines - len(missing)
        self._counters.add(looked_up=lines, acknowledged=there, duplicates=there)
        return _certain(pick(group, missing))

    def _sent(self, group: list[Segment]) -> float | None:
        self._counters.add(requests=1)
        reply = self._target.send(group)
        match reply:
            case Answered():
                return self._answered(group, reply)
            case Rejected():
                return self._rejected(group, reply)
            case Unanswered():
                self._retry(group, reply.unknown)
                return self._failed(reply)
            case _:
                assert_never(reply)

    def _answered(self, group: list[Segment], answer: Answered) -> float | None:
        result = bulk.sort(answer)
        self._counters.add(
            acknowledged=result.accepted + result.duplicates,
            duplicates=result.duplicates,
            failure_store=result.failure_store,
        )
        self._refuse([Refused(pick(group, [number])[0], refusal) for number, refusal in result.refused])
        if not result.retry:
            return None
        if result.accepted or result.duplicates:
            self._attempt = 0
        self._retry(pick(group, [n for n in result.retry if answer.statuses[n] < 500]), unknown=False)
        self._retry(pick(group, [n for n in result.retry if answer.statuses[n] >= 500]), unknown=True)
        error = bulk.first_error(answer)
        return self._failed(Rejected(error.status, error.type, error.reason))

    def _rejected(self, group: list[Segment], reply: Rejected) -> float | None:
        match bulk.request_verdict(reply):
            case RequestVerdict.HALVE if size(group) > 1:
                self._groups += reversed(halves(group))
                return None
            case RequestVerdict.HALVE:
                self._refuse([Refused(group[0], Refusal(reply.status, reply.kind, reply.reason))])
                return None
            case RequestVerdict.RETRY | RequestVerdict.WAIT:
                self._retry(group, reply.unknown)
                return self._failed(reply)

    def _refuse(self, refused: Iterable[Refused]) -> None:
        """Gives refused lines up, but for those that a time-series stream wants in another way."""
        again = []
        for each in refused:
            resent = self._streams.resent(each.segment, bulk.remedy(each.refusal))
            if resent is None:
                self._refused.append(each)
            else:
                self._counters.add(late=int(is_late(resent.source.stream)))
                again.append(resent)
        self._again(again)

    # What is left

    def _retry(self, group: list[Segment], unknown: bool) -> None:
        self._counters.add(retries=size(group))
        self._again([replace(each, uncertain=True) for each in group] if unknown else group)

    def _again(self, segments: Iterable[Segment]) -> None:
        """Puts lines back: together those that are sent, stream by stream those that are looked up first."""
        groups: dict[str | None, list[Segment]] = {}
        for each in segments:
            groups.setdefault(each.source.stream if _is_looked_up(each) else None, []).append(each)
        self._groups += groups.values()

    def _failed(self, reply: Rejected | Unanswered) -> float:
        kind = reply.type if isinstance(reply, Unanswered) else reply.kind
        self._counters.error(kind)
        self._outage.failed(kind, reply.reason)
        asked = reply.retry_after_s if isinstance(reply, Rejected) else 0.0
        return min(asked, self._settings.retry_after_cap_s)

    def _waited(self, stop: threading.Event, least_s: float) -> bool:
        settings = self._settings
        pause = wait_s(self._attempt, settings.backoff_first_s, settings.backoff_cap_s, self._draw)
        self._attempt += 1
        return not stop.wait(max(pause, least_s))


def _is_looked_up(segment: Segment) -> bool:
    """Whether it is looked up before it is sent; what has no `_id` of ours cannot be, and need not."""
    return segment.uncertain and segment.source.named


def _certain(segments: Iterable[Segment]) -> list[Segment]:
    return [replace(each, uncertain=False) for each in segments]
