"""One batch, until every line of it is settled or left waiting: on the server, refused, or not taken now."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol, assert_never

from shippers import bulk
from shippers.backoff import wait_s
from shippers.batch import Segment, halves, pick, size, size_bytes
from shippers.bulk import Answered, Found, Refusal, Rejected, Reply, RequestVerdict, Unanswered
from shippers.counters import Counters
from shippers.outage import Outages
from shippers.proof import Proof
from shippers.quiet import Quiet
from shippers.settings import ShipperSettings
from shippers.streams import Streams, is_late

SPLITS = 12
"""After so many tries in a row of which nothing was taken it is no line's fault, and nothing is halved."""


class Target(Protocol):
    """Where lines are sent: one request, one reply."""

    def send(self, segments: Sequence[Segment]) -> Reply:
        """Sends these lines once."""

    def lookup(self, stream: str, ids: Sequence[str]) -> Found | Rejected | Unanswered:
        """Which of these ids the data stream has, in whichever of its backing indices."""

    def is_empty(self, stream: str) -> bool:
        """Whether the data stream certainly holds nothing."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that the server will never take, and why; `segment` holds just this line."""

    segment: Segment
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of lines: those refused, and the `rest` that the server does not take now; all others are
    on the server."""

    refused: list[Refused]
    rest: list[Segment]


class Step(Enum):
    """What one request came to, and so what follows."""

    TAKEN = "the server has lines now: the next try is a first one"
    ON = "there is something else to do at once"
    WAIT = "nothing was taken: a wait, longer than the last one"


def refused_by_file(refused: Iterable[Refused]) -> Counter[str]:
    """How many lines were refused: identity of a file -> lines."""
    return Counter(each.segment.source.id for each in refused)


class Delivery:
    """Sends a batch, and again what has to be sent again.

    While the server takes nothing, it waits here, jittered. Lines that alone are not taken are given back, so
    that they hold up nobody. One thread uses it; all that it is given is shared with other deliveries.
    """

    def __init__(
        self,
        target: Target,
        settings: ShipperSettings,
        counters: Counters,
        outages: Outages,
        streams: Streams,
        quiet: Quiet,
        proof: Proof,
        draw: Callable[[], float],
    ) -> None:
        self._target, self._settings, self._draw = target, settings, draw
        self._counters, self._outages, self._streams = counters, outages, streams
        self._quiet, self._proof = quiet, proof
        self._groups: list[list[Segment]] = []
        self._refused: list[Refused] = []
        self._rest: list[Segment] = []
        self._attempt, self._was_taken = 0, False

    def settle(
        self,
        segments: Sequence[Segment],
        stop: threading.Event,
        *,
        is_first: bool = True,
    ) -> Settlement | None:
        """Returns what became of the lines, None when `stop` came first.

        `is_first`: this run has not sent the lines yet. After `stop` nothing is sent again: the next run
        looks the same lines up before it sends them under the same ids.
        """
        self._groups, self._refused, self._rest = [], [], []
        self._attempt, self._was_taken = 0, False
        fitted = self._streams.fitted(segments)
        self._again(self._doubted(fitted) if is_first else fitted)
        while self._groups:
            if (left_s := self._quiet.left_s()) and stop.wait(left_s):
                return None
            group = self._groups.pop()
            match self._looked_up(group) if _is_looked_up(group[0]) else self._sent(group):
                case Step.TAKEN:
                    self._attempt, self._was_taken = 0, True
                    self._proof.give()
                    self._outages.over(size(segments))
                case Step.WAIT if not self._waited(stop):
                    return None
        return Settlement(self._refused, self._rest)

    def _doubted(self, segments: list[Segment]) -> list[Segment]:
        """No line of an earlier run is in a stream that was empty: nothing of it need be looked up."""
        return [
            replace(each, uncertain=False)
            if _is_looked_up(each) and self._streams.was_empty(each.source.stream, self._target.is_empty)
            else each
            for each in segments
        ]

    # Each step handles one group and puts back what is to be sent again.

    def _looked_up(self, group: list[Segment]) -> Step:
        """Counts those lines of one stream that are on the server already; the others are sent."""
        stream = group[0].source.stream
        reply = self._target.lookup(stream, [name for each in group for name in each.ids])
        match reply:
            case Found():
                missing = self._missing(group, reply.ids)
                self._again(missing)
                return Step.TAKEN if size(missing) < size(group) else Step.ON
            case Rejected(status=401 | 403):
                self._streams.warn_of_blindness(reply)
                self._again(_certain(group))
                return Step.ON
            case Rejected():  # it may be this stream alone that cannot be searched
                self._failed(reply, {stream})
                self._rest += group
                return Step.ON
            case Unanswered():
                self._failed(reply)
                self._later(group)
                return Step.WAIT
            case _:
                assert_never(reply)

    def _missing(self, group: list[Segment], ids: frozenset[str]) -> list[Segment]:
        names = (name for each in group for name in each.ids)
        missing = [number for number, name in enumerate(names) if name not in ids]
        lines, rest = size(group), pick(group, missing)
        there = lines - len(missing)
        there_bytes = size_bytes(group) - size_bytes(rest)
        self._counters.add(
            looked_up=lines, acknowledged=there, duplicates=there, acknowledged_bytes=there_bytes
        )
        return _certain(rest)

    def _sent(self, group: list[Segment]) -> Step:
        self._counters.add(requests=1)
        reply = self._target.send(group)
        match reply:
            case Answered():
                return self._answered(group, reply)
            case Rejected():
                return self._rejected(group, reply)
            case Unanswered():
                self._failed(reply)
                self._later(self._to_resend(group, reply.unknown))
                return Step.WAIT
            case _:
                assert_never(reply)

    def _answered(self, group: list[Segment], answer: Answered) -> Step:
        """Sorts the lines by their verdicts; those that are not taken now are left for later."""
        result = bulk.sort(answer)
        refused = [Refused(pick(group, [number])[0], refusal) for number, refusal in result.refused]
        denied = pick(group, [number for number in result.retry if answer.statuses[number] < 500])
        failed = pick(group, [number for number in result.retry if answer.statuses[number] >= 500])
        others = [*denied, *failed, *(each.segment for each in refused)]
        taken = result.accepted + result.duplicates
        self._counters.add(
            acknowledged=taken,
            acknowledged_bytes=size_bytes(group) - size_bytes(others),
            duplicates=result.duplicates,
            failure_store=result.failure_store,
        )
        self._refuse(refused)
        self._outages.over_for(_streams(group) - _streams(others), size(group))
        if result.retry:
            error = bulk.first_error(answer)
            denying = _streams([*denied, *failed])
            self._failed(Rejected(error.status, error.type, error.reason), denying)
            self._rest += self._to_resend(denied, unknown=False) + self._to_resend(failed, unknown=True)
        return Step.TAKEN if taken else Step.ON

    def _rejected(self, group: list[Segment], reply: Rejected) -> Step:
        verdict, is_single = bulk.request_verdict(reply), size(group) == 1
        match verdict:
            case RequestVerdict.TOO_LARGE if is_single:
                return self._refuse_alone(group, reply)
            case RequestVerdict.SPOILT if is_single and self._proof.spend():
                return self._refuse_alone(group, reply)
            case RequestVerdict.TOO_LARGE:
                return self._halve(group)
            case RequestVerdict.SPOILT if not is_single and not self._attempt:
                return self._halve(group)
        self._failed(reply)
        group = self._to_resend(group, reply.unknown)
        may_be_a_line = self._was_taken or 0 < self._attempt <= SPLITS
        if verdict is RequestVerdict.RETRY or not may_be_a_line:
            self._later(group)
        elif is_single:
            self._rest += group
        else:
            for half in halves(group):
                self._later(half)
        return Step.WAIT if self._groups else Step.ON

    def _halve(self, group: list[Segment]) -> Step:
        self._groups += reversed(halves(group))
        return Step.ON

    def _refuse_alone(self, group: list[Segment], reply: Rejected) -> Step:
        self._refuse([Refused(group[0], Refusal(reply.status, reply.kind, reply.reason))])
        return Step.ON

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

    def _to_resend(self, group: list[Segment], unknown: bool) -> list[Segment]:
        self._counters.add(retries=size(group))
        return [replace(each, uncertain=True) for each in group] if unknown else group

    def _again(self, segments: Iterable[Segment]) -> None:
        """Puts lines back: together those that are sent, stream by stream those that are looked up first."""
        groups: dict[str | None, list[Segment]] = {}
        for each in segments:
            groups.setdefault(each.source.stream if _is_looked_up(each) else None, []).append(each)
        self._groups += groups.values()

    def _later(self, segments: Iterable[Segment]) -> None:
        """Puts lines back behind all others, so that those which spoil a request hold up none."""
        before, self._groups = self._groups, []
        self._again(segments)
        self._groups += before

    def _failed(self, reply: Rejected | Unanswered, streams: Iterable[str] = ()) -> None:
        """Counts and tells a failure: of these data streams, or else of the server."""
        self._counters.error(reply.kind)
        for outage in map(self._outages.of, streams) if streams else [self._outages.server]:
            outage.failed(reply.kind, reply.reason)
        if isinstance(reply, Rejected) and reply.retry_after_s:
            self._quiet.ask(min(reply.retry_after_s, self._settings.retry_after_cap_s))

    def _waited(self, stop: threading.Event) -> bool:
        settings = self._settings
        pause = wait_s(self._attempt, settings.backoff_first_s, settings.backoff_cap_s, self._draw)
        self._attempt += 1
        return not stop.wait(pause)


def _is_looked_up(segment: Segment) -> bool:
    """Whether it is looked up before it is sent; what has no `_id` of ours cannot be, and need not."""
    return segment.uncertain and segment.source.named


def _streams(segments: Iterable[Segment]) -> set[str]:
    return {each.source.stream for each in segments}


def _certain(segments: Iterable[Segment]) -> list[Segment]:
    return [replace(each, uncertain=False) for each in segments]
