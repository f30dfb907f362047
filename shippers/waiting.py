"""Lines that the server did not take for themselves alone, until they are tried again (pure).

They wait here and not in a thread, so that a stream that takes nothing holds up no other.
"""

from __future__ import annotations

from collections import Counter

from shippers.batch import size_bytes
from shippers.senders import Job
from shippers.streams import origin

MOST_JOBS = 32
"""Of a data stream, before no further line of it is read: so many lines that are never taken, each for a
reason of its own, hold up no other."""
SHARES = 4
"""Of `most_bytes` a data stream may take one such share before no further line of it is read."""


class WaitingRoom:
    """Jobs, each with the time from which it may be tried again. Times are seconds of any one clock.

    Args:
        most_bytes: of all lines that wait; with more, no stream of which any wait is read.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._sizes: dict[Job, int] = {}  # bytes of the lines of all jobs that have a place here
        self._due: list[tuple[float, Job]] = []  # those that are not being tried

    def __len__(self) -> int:
        return len(self._due)

    @property
    def is_full(self) -> bool:
        """Whether as many bytes wait as may, those included that are being tried."""
        return sum(self._sizes.values()) >= self._most_bytes

    def put(self, job: Job, due_s: float) -> None:
        """Takes a job."""
        self._due.append((due_s, job))
        self._sizes[job] = size_bytes(job.segments)

    def due(self, now_s: float) -> Job | None:
        """A job that may be tried now, the one that was due first; it keeps its place until `leave`."""
        entry = min(self._due, key=lambda entry: entry[0], default=None)
        if entry is None or entry[0] > now_s:
            return None
        self._due.remove(entry)
        return entry[1]

    def leave(self, job: Job) -> None:
        """A job was tried; what is left of it is put here anew. One that never waited is none of ours."""
        self._sizes.pop(job, None)

    def crowded(self) -> set[str]:
        """Data streams of which no further line is read."""
        jobs, sizes = Counter[str](), Counter[str]()
        for job, size in self._sizes.items():
            for stream in {origin(each.source.stream) for each in job.segments}:
                jobs[stream] += 1
                sizes[stream] += size
        most_jobs, most_bytes = (1, 0) if self.is_full else (MOST_JOBS, self._most_bytes // SHARES)
        return {name for name, count in jobs.items() if count >= most_jobs or sizes[name] > most_bytes}
