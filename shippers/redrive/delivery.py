"""Lines of the quarantine, sent a bounded number of times: each gets a verdict, or the server gives none.

Beside `shippers.delivery` this is another loop, not the same one with other numbers. Shipping never gives up,
looks up only what may be there, sends even where it may not look, and counts: what was accepted is the rest.
Here somebody waits for the end, each line has been on its way for long and may be there through whatever was
done meanwhile, and its entry is deleted on the strength of its own verdict. So every line is looked up before
every request, nothing is sent unseen, and after some tries in vain all is left as it is. What both must agree
on is shared: what an answer means (`bulk`), how a line is sent in another way (`streams`), how long to wait
(`backoff`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import assert_never

from shippers import bulk
from shippers.backoff import wait_s
from shippers.batch import Segment
from shippers.bulk import Answered, Found, Refusal, Rejected, RequestVerdict, Unanswered, Verdict
from shippers.delivery import Refused, Target
from shippers.settings import ShipperSettings
from shippers.streams import Streams


@dataclass(slots=True)
class Verdicts:
    """What the server said of lines, each in a segment of its own.

    `trouble` is why it gave no verdict on those in `unanswered`.
    """

    accepted: list[Segment] = field(default_factory=list)
    present: list[Segment] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    unanswered: list[Segment] = field(default_factory=list)
    trouble: str = ""

    @property
    def settled(self) -> int:
        """How many lines have a verdict."""
        return len(self.accepted) + len(self.present) + len(self.refused)


class RedriveDelivery:
    """Sends lines to `target`. `wait` sleeps for seconds, `draw` gives numbers in [0, 1)."""

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
        self._groups: list[list[Segment]] = []
        self._verdicts = Verdicts()

    def deliver(self, segments: Sequence[Segment]) -> Verdicts:
        """Sends until each line has its verdict, or `redrive_tries` times in a row brought none.

        Each segment holds one line. What the stream has is never sent: an `_id` is unique only in one backing
        index.
        """
        self._groups, self._verdicts = [list(segments)], Verdicts()
        failures = settled = 0
        while self._groups:
            trouble = self._step(self._groups.pop())
            if not trouble or self._verdicts.settled > settled:
                failures, settled = 0, self._verdicts.settled
            failures += bool(trouble)
            if failures >= self._settings.redrive_tries:
                self._verdicts.unanswered = [segment for each in self._groups for segment in each]
                self._verdicts.trouble = trouble
                break
            if trouble:
                first_s, cap_s = self._settings.backoff_first_s, self._settings.backoff_cap_s
                self._wait(wait_s(failures - 1, first_s, cap_s, self._draw))
        return self._verdicts

    # Each step handles one group and puts what is left of it back. It returns why there was no verdict on
    # that, empty when all went well.

    def _step(self, group: list[Segment]) -> str:
        there = self._there(group)
        if isinstance(there, str):
            self._groups.append(group)
            return there
        self._verdicts.present += [segment for segment in group if there.issuperset(segment.ids)]
        rest = [segment for segment in group if not there.issuperset(segment.ids)]
        return self._sent(rest) if rest else ""

    def _there(self, group: list[Segment]) -> set[str] | str:
        """The ids that Elasticsearch has already, in whichever backing index; or why that is not known."""
        by_stream: dict[str, list[str]] = {}
        for segment in group:
            if segment.source.named:
                by_stream.setdefault(segment.source.stream, []).extend(segment.ids)
        there: set[str] = set()
        for stream, ids in by_stream.items():
            reply = self._target.lookup(stream, ids)
            if not isinstance(reply, Found):
                return _trouble(reply)
            there |= reply.ids
        return there

    def _sent(self, group: list[Segment]) -> str:
        reply = self._target.send(group)
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

    def _answered(self, group: list[Segment], answer: Answered) -> str:
        refusals = dict(bulk.sort(answer).refused)
        again = []
        for number, (segment, status) in enumerate(zip(group, answer.statuses, strict=True)):
            match bulk.verdict(status):
                case Verdict.ACCEPTED:
                    self._verdicts.accepted.append(segment)
                case Verdict.DUPLICATE:
                    self._verdicts.present.append(segment)
                case Verdict.RETRY:
                    again.append(segment)
                case Verdict.REFUSED:
                    self._refuse(segment, refusals[number])
        if not again:
            return ""
        self._groups.append(again)
        error = bulk.first_error(answer)
        return f"{error.type}: {error.reason}"

    def _rejected(self, group: list[Segment], reply: Rejected) -> str:
        if bulk.request_verdict(reply) not in (RequestVerdict.TOO_LARGE, RequestVerdict.SPOILT):
            self._groups.append(group)
            return _trouble(reply)
        if len(group) > 1:
            middle = len(group) // 2
            self._groups += [group[middle:], group[:middle]]
        else:
            self._refuse(group[0], Refusal(reply.status, reply.kind, reply.reason))
        return ""

    def _refuse(self, segment: Segment, refusal: Refusal) -> None:
        """Takes a refusal for the verdict, unless a time-series stream wants the line in another way."""
        resent = self._streams.resent(segment, bulk.remedy(refusal))
        if resent is None:
            self._verdicts.refused.append(Refused(segment, refusal))
        else:
            self._groups.append([resent])


def _trouble(reply: Rejected | Unanswered) -> str:
    return f"{reply.kind}: {reply.reason}"
