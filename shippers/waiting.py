"""Lines that the server did not take for themselves alone, until they are tried again (pure).

They wait here and not in a thread, so that a stream that takes nothing holds up no other.
"""

from __future__ import annotations

from collections import Counter

from shippers.senders import Job
from shippers.streams import origin


class WaitingRoom:
    """Jobs, each with the time from which it may be tried again. Times are seconds of any one clock."""

    def __init__(self) -> None:
        self._jobs: list[tuple[float, Job]] = []

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: Job, due_s: float) -> None:
        """Takes a job."""
        self._jobs.append((due_s, job))

    def due(self, now_s: float) -> Job | None:
        """Gives a job back that may be tried now, the one that was due first."""
        entry = min(self._jobs, key=lambda entry: entry[0], default=None)
        if entry is None or entry[0] > now_s:
            return None
        self._jobs.remove(entry)
        return entry[1]

    def crowded(self, most: int) -> set[str]:
        """Data streams with lines in `most` jobs or more: no further line of them is read."""
        streams = Counter(
            stream
            for _, job in self._jobs
            for stream in {origin(each.source.stream) for each in job.segments}
        )
        return {stream for stream, jobs in streams.items() if jobs >= most}
