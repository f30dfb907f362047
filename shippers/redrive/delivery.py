"""Lines of the quarantine, sent a bounded number of times: each gets a verdict, or the server gives none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import assert_never

from shippers import bulk
from shippers.backoff import wait_s
from shippers.batch import Segment, Source
from shippers.bulk import Answered, Found, Refusal, Rejected, RequestVerdict, Unanswered, Verdict
from shippers.delivery import Refused, Target
from shippers.quarantine import Kept
from shippers.settings import ShipperSettings
from shippers.streams import Streams


@dataclass(frozen=True, slots=True)
class Item:
    """An entry, its line, and as whose line it is sent: a time-series stream wants it without an `_id`."""

    entry: Kept
    line: bytes
    source: Source

    @property
    def id(self) -> str:
        """The `_id` that the line had from the beginning."""
        return self.source.document_id(self.entry.start)

    @property
    def segment(self) -> Segment:
        """The line as one that is sent."""
        return Segment(self.source, [self.line], [self.entry.start])


@dataclass(slots=True)
class Verdicts:
    """What the server said. `trouble` is why it gave no verdict on the items in `unanswered`."""

    accepted: list[Item] = field(default_factory=list)
    present: list[Item] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unanswered: list[Item] = field(default_factory=list)
    trouble: str = ""

    @property
    def settled(self) -> int:
        """How many items have a verdict."""
        return len(self.accepted) + len(self.present) + len(self.refused)


class RedriveDelivery:
    """Sends items to `target`. `wait` sleeps for seconds, `draw` gives numbers in [0, 1)."""

    def __init__(
        self,
        target: Target,
        settings: ShipperSettings,
        *,
        wait: Callable[[float], None],
        draw: Callable[[], float],
    ) -> None:
        self._target, self._settings = target, settings
        self._wait, self._draw = wait, draw
        self._streams = Streams()
        self._groups: list[list[Item]] = []
        self._verdicts = Verdicts()

    def deliver(self, items: Sequence[Item]) -> Verdicts:
        """Sends until each item has its verdict, or `redrive_tries` times in a row brought none.

        What the stream has is never sent: an `_id` is unique only in one backing index.
        """
        self._groups, self._verdicts = [list(items)], Verdicts()
        failures = settled = 0
        while self._groups:
            trouble = self._step(self._groups.pop())
            if not trouble or self._verdicts.settled > settled:
                failures, settled = 0, self._verdicts.settled
            failures += bool(trouble)
            if failures >= self._settings.redrive_tries:
                self._verdicts.unanswered = [item for each in self._groups for item in each]
                self._verdicts.trouble = trouble
                break
            if trouble:
                first_s, cap_s = self._settings.backoff_first_s, self._settings.backoff_cap_s
                self._wait(wait_s(failures - 1, first_s, cap_s, self._draw))
        return self._verdicts

    # Each step handles one group and puts what is left of it back. It returns why there was no verdict on
    # that, empty when all went well.

    def _step(self, group: list[Item]) -> str:
        there = self._there(group)
        if isinstance(there, str):
            self._groups.append(group)
            return there
        self._verdicts.present += [item for item in group if item.id in there]
        rest = [item for item in group if item.id not in there]
        return self._sent(rest) if rest else ""

    def _there(self, group: list[Item]) -> set[str] | str:
        """The ids that Elasticsearch has already, in whichever backing index; or why that is not known."""
        by_stream: dict[str, list[str]] = {}
        for item in group:
            if item.source.named:
                by_stream.setdefault(item.source.stream, []).append(item.id)
        there: set[str] = set()
        for stream, ids in by_stream.items():
            reply = self._target.lookup(stream, ids)
            if not isinstance(reply, Found):
                return _trouble(reply)
            there |= reply.ids
        return there

    def _sent(self, group: list[Item]) -> str:
        reply = self._target.send(segments(group))
        match reply:
            case Answered():
                return self._answered(group, reply)
            case Rejected():
                return self._rejected(group, reply)
            case Unanswered():
                self._groups.append(group)
                return _trouble(reply)
            case _:
                assert_never(reply)

    def _answered(self, group: list[Item], answer: Answered) -> str:
        refusals = dict(bulk.sort(answer).refused)
        again = []
        for number, (item, status) in enumerate(zip(group, answer.statuses, strict=True)):
            match bulk.verdict(status):
                case Verdict.ACCEPTED:
                    self._verdicts.accepted.append(item)
                case Verdict.DUPLICATE:
                    self._verdicts.present.append(item)
                case Verdict.RETRY:
                    again.append(item)
                case Verdict.REFUSED:
                    self._refuse(item, refusals[number])
        if not again:
            return ""
        self._groups.append(again)
        error = bulk.first_error(answer)
        return f"{error.type}: {error.reason}"

    def _rejected(self, group: list[Item], reply: Rejected) -> str:
        if bulk.request_verdict(reply) is not RequestVerdict.HALVE:
            self._groups.append(group)
            return _trouble(reply)
        if len(group) > 1:
            middle = len(group) // 2
            self._groups += [group[middle:], group[:middle]]
        else:
            self._refuse(group[0], Refusal(reply.status, reply.kind, reply.reason))
        return ""

    def _refuse(self, item: Item, refusal: Refusal) -> None:
        """Takes a refusal for the verdict, unless a time-series stream wants the line in another way."""
        resent = self._streams.resent(item.segment, bulk.remedy(refusal))
        if resent is None:
            self._verdicts.refused.append(Refused(item.segment, refusal))
        else:
            self._groups.append([replace(item, source=resent.source)])


def _trouble(reply: Rejected | Unanswered) -> str:
    kind = reply.kind if isinstance(reply, Rejected) else reply.type
    return f"{kind}: {reply.reason}"


def segments(items: Sequence[Item]) -> list[Segment]:
    """The items in their order, neighbours of one file together."""
    grouped = groupby(items, key=lambda item: item.source)
    runs = ((source, list(group)) for source, group in grouped)
    return [
        Segment(source, [each.line for each in run], [each.entry.start for each in run])
        for source, run in runs
    ]
