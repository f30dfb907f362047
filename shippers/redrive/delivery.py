"""Lines of the quarantine, sent a bounded number of times: each gets a verdict, or the server gives none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Protocol, assert_never

from shippers import bulk
from shippers.backoff import wait_s
from shippers.batch import Segment
from shippers.bulk import Answered, Refusal, Rejected, Reply, RequestVerdict, Unanswered, Verdict
from shippers.delivery import Refused
from shippers.quarantine import Kept
from shippers.settings import ShipperSettings


class Road(Protocol):
    """Where lines are sent: one request, one reply."""

    def send(self, segments: Sequence[Segment]) -> Reply:
        """Sends these lines once."""


@dataclass(frozen=True, slots=True)
class Item:
    """An entry and its line."""

    entry: Kept
    line: bytes

    @property
    def id(self) -> str:
        """The `_id` that the line had from the beginning."""
        return self.entry.source.document_id(self.entry.start)

    @property
    def segment(self) -> Segment:
        """The line as one that is sent."""
        return Segment(self.entry.source, [self.line], [self.entry.start])


@dataclass(slots=True)
class Verdicts:
    """What the server said. `trouble` is why it gave no verdict on the items in `unanswered`."""

    accepted: list[Item] = field(default_factory=list)
    present: list[Item] = field(default_factory=list)
    refused: list[tuple[Item, Refused]] = field(default_factory=list)
    unanswered: list[Item] = field(default_factory=list)
    trouble: str = ""


class RedriveDelivery:
    """Sends items. `present` says which of some items a stream has already, in whichever backing index."""

    def __init__(
        self,
        road: Road,
        present: Callable[[Sequence[Item]], set[str]],
        settings: ShipperSettings,
        *,
        wait: Callable[[float], None],
        draw: Callable[[], float],
    ) -> None:
        self._road, self._present, self._settings = road, present, settings
        self._wait, self._draw = wait, draw

    def deliver(self, items: Sequence[Item]) -> Verdicts:
        """Sends until each item has its verdict, or `redrive_tries` times in a row brought none.

        What the stream has is never sent: an `_id` is unique only in one backing index.
        """
        verdicts, groups, failures = Verdicts(), [list(items)], 0
        while groups:
            group = self._without_present(groups.pop(), verdicts)
            if not group:
                continue
            again, trouble = self._sent(group, groups, verdicts)
            failures = failures + 1 if trouble else 0
            if again:
                groups.append(again)
            if failures >= self._settings.redrive_tries:
                verdicts.unanswered = [item for each in groups for item in each]
                verdicts.trouble = trouble
                break
            if trouble:
                settings = self._settings
                first_s, cap_s = settings.backoff_first_s, settings.backoff_cap_s
                self._wait(wait_s(failures - 1, first_s, cap_s, self._draw))
        return verdicts

    def _without_present(self, group: list[Item], verdicts: Verdicts) -> list[Item]:
        there = self._present(group)
        verdicts.present += [item for item in group if item.id in there]
        return [item for item in group if item.id not in there]

    def _sent(
        self, group: list[Item], groups: list[list[Item]], verdicts: Verdicts
    ) -> tuple[list[Item], str]:
        """One request: the items to send again after a wait, and why; halves go to `groups` at once."""
        reply = self._road.send(segments(group))
        match reply:
            case Answered():
                return _sort(reply, group, verdicts)
            case Unanswered():
                return group, f"{reply.type}: {reply.reason}"
            case Rejected():
                return _rejected(reply, group, groups, verdicts)
            case _:
                assert_never(reply)


def segments(items: Sequence[Item]) -> list[Segment]:
    """The items in their order, neighbours of one file together."""
    grouped = groupby(items, key=lambda item: item.entry.source)
    runs = ((source, list(group)) for source, group in grouped)
    return [
        Segment(source, [each.line for each in run], [each.entry.start for each in run])
        for source, run in runs
    ]


def _sort(answer: Answered, group: list[Item], verdicts: Verdicts) -> tuple[list[Item], str]:
    refusals = dict(bulk.sort(answer).refused)
    again = []
    for number, (item, status) in enumerate(zip(group, answer.statuses, strict=True)):
        match bulk.verdict(status):
            case Verdict.ACCEPTED:
                verdicts.accepted.append(item)
            case Verdict.DUPLICATE:
                verdicts.present.append(item)
            case Verdict.RETRY:
                again.append(item)
            case Verdict.REFUSED:
                verdicts.refused.append((item, Refused(item.segment, refusals[number])))
    if not again:
        return [], ""
    error = bulk.first_error(answer)
    return again, f"{error.type}: {error.reason}"


def _rejected(
    reply: Rejected, group: list[Item], groups: list[list[Item]], verdicts: Verdicts
) -> tuple[list[Item], str]:
    kind = reply.type or f"HTTP {reply.status}"
    if bulk.request_verdict(reply) is not RequestVerdict.HALVE:
        return group, f"{kind}: {reply.reason}"
    if len(group) > 1:
        middle = len(group) // 2
        groups += [group[middle:], group[:middle]]
    else:
        refused = Refused(group[0].segment, Refusal(reply.status, kind, reply.reason))
        verdicts.refused.append((group[0], refused))
    return [], ""
