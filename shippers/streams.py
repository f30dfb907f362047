"""What is learnt about data streams: which make ids of their own, which were empty.

A time-series stream does: from the time and the dimensions of a sample. It refuses an `_id` and takes only
samples of about now; older ones go to its plain sibling, under the ids of their lines.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace

from shippers.batch import Segment
from shippers.bulk import Rejected, Remedy

logger = logging.getLogger(__name__)

LATE = "_late"


class Streams:
    """The data streams met so far. Any thread may ask and tell."""

    def __init__(self) -> None:
        self._series: set[str] = set()
        self._empty: dict[str, bool] = {}
        self._warned = False

    def fitted(self, segments: Iterable[Segment]) -> list[Segment]:
        """The segments as their streams take them: without ids where the stream makes its own."""
        return [_unnamed(each) if each.source.stream in self._series else each for each in segments]

    def resent(self, segment: Segment, remedy: Remedy | None) -> Segment | None:
        """A refused segment in the way that its refusal asks for; None when nothing can be done about it."""
        source = segment.source
        match remedy:
            case Remedy.UNNAMED if source.named:
                self._series.add(source.stream)
                return _unnamed(segment)
            case Remedy.LATE if not is_late(source.stream):
                return replace(segment, source=replace(source, stream=late(source.stream), named=True))
            case _:
                return None

    def was_empty(self, stream: str, is_empty: Callable[[str], bool]) -> bool:
        """Whether it held nothing when it was first asked about: then no earlier run sent it a line."""
        if stream not in self._empty:
            self._empty[stream] = is_empty(stream)
        return self._empty[stream]

    def warn_of_blindness(self, reply: Rejected) -> None:
        """Says once that look-ups are not allowed."""
        if self._warned:
            return
        self._warned = True
        logger.warning(
            "The server does not let the shipper look up which lines it has: give its key the privileges "
            "read and maintenance on the data streams. Until then a line that is sent again after a rollover "
            "may be doubled.",
            extra={
                "event.action": "lookup_forbidden",
                "event.outcome": "failure",
                "error.type": reply.kind,
                "error.message": reply.reason,
            },
        )


def late(stream: str) -> str:
    """`metrics-card.gpu-default` -> `metrics-card.gpu_late-default`: where samples go that come too late."""
    dataset, _, namespace = stream.rpartition("-")
    return f"{dataset}{LATE}-{namespace}"


def is_late(stream: str) -> bool:
    """Whether it is such a stream."""
    return stream.rpartition("-")[0].endswith(LATE)


def origin(stream: str) -> str:
    """The stream that samples were too late for; any other stream is its own."""
    dataset, _, namespace = stream.rpartition("-")
    return f"{dataset.removesuffix(LATE)}-{namespace}"


def _unnamed(segment: Segment) -> Segment:
    return replace(segment, source=replace(segment.source, named=False))
