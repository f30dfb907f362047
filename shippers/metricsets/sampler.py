"""Ticks at a fixed rate, each metricset in a thread of its own, so that one that hangs holds up no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from shippers.metricsets.catalogue import METRICSETS, Metricset
from shippers.metricsets.document import Happening, Identity, Lines, Reading, Trouble
from shippers.metricsets.settings import SamplerSettings
from shippers.metricsets.spool import Spool

logger = logging.getLogger(__name__)

WATCH_S: Final = 1.0


class Sampler:
    """Reads the metricsets of `names` and writes their lines to `home`/spool/<name>.ndjson.

    Raises:
        SpoolInUse: another sampler writes one of these files.
    """

    def __init__(
        self, settings: SamplerSettings, names: Sequence[str], *, home: Path, identity: Identity
    ) -> None:
        self._settings = settings
        self._tracks: list[Track] = []
        try:
            for name in names:
                self._tracks.append(_track(settings, name, home, identity))
        except BaseException:
            self._close()
            raise

    def run(self, stop: threading.Event) -> None:
        """Samples until `stop` is set; returns within the setting `stop_s` even if a sample hangs."""
        threads = [
            threading.Thread(target=track.run, args=(stop,), name=f"sample-{track.name}", daemon=True)
            for track in self._tracks
        ]
        for thread in threads:
            thread.start()
        while not stop.wait(WATCH_S):
            for track in self._tracks:
                track.watch()
        until = time.monotonic() + self._settings.stop_s
        for thread in threads:
            thread.join(max(0.0, until - time.monotonic()))
        self._close([thread.name for thread in threads if thread.is_alive()])

    def _close(self, hanging: Sequence[str] = ()) -> None:
        for track in self._tracks:
            if f"sample-{track.name}" not in hanging:
                track.close()


def _track(settings: SamplerSettings, name: str, home: Path, identity: Identity) -> Track:
    spool = Spool(
        home / "spool" / f"{name}.ndjson",
        file_bytes=settings.file_bytes,
        files=settings.files,
        clock=time.time,
    )
    period_s = settings.period_s(name)
    return Track(
        name,
        METRICSETS[name](settings),
        spool,
        Lines(name, identity),
        period_s=period_s,
        late_s=period_s * settings.late_periods,
    )


class Track:
    """One metricset: when it is read, where its lines go, what has been told of it.

    Args:
        name: of the metricset.
        metricset: read at each tick, in the thread that calls `run`.
        spool: takes the lines.
        lines: makes them.
        period_s: from one tick to the next; ticks that a slow sample covers are left out.
        late_s: a sample that takes longer is reported once by `watch`.
    """

    def __init__(
        self,
        name: str,
        metricset: Metricset,
        spool: Spool,
        lines: Lines,
        *,
        period_s: float,
        late_s: float,
    ) -> None:
        self.name = name
        self._metricset = metricset
        self._spool = spool
        self._lines = lines
        self._period_s = period_s
        self._late_s = late_s
        self._began_s: float | None = None
        self._late = False
        self._told: dict[str, Trouble] = {}

    def run(self, stop: threading.Event) -> None:
        """Ticks until `stop` is set."""
        start_s = time.monotonic()
        while not stop.is_set():
            self.tick()
            stop.wait(until_next_tick(start_s, self._period_s, time.monotonic()))

    def tick(self) -> None:
        """One sample, its lines and its events."""
        self._began_s = began_s = time.monotonic()
        reading = self._sample(began_s)
        took_s, self._began_s = time.monotonic() - began_s, None
        self._tell(reading.troubles)
        for happening in reading.happenings:
            _tell_happening(happening)
        if self._late:
            self._late = False
            logger.info(
                f"The {self.name} sample came back after {took_s:.1f} s.", extra=_extra("sample_recovered")
            )

    def watch(self) -> None:
        """Tells once when the sample in progress takes too long. Called from another thread."""
        began_s = self._began_s
        if began_s is not None and not self._late and time.monotonic() - began_s > self._late_s:
            self._late = True
            logger.warning(
                f"The {self.name} sample hangs for more than {self._late_s:.0f} s; the others go on.",
                extra=_extra("sample_failed", "sample_hangs"),
            )

    def close(self) -> None:
        """Gives the metricset and the spool back."""
        self._metricset.close()
        self._spool.close()
        logger.info(
            f"{self.name}: {self._spool.written_lines} samples written, {self._spool.lost_lines} lost,"
            f" {self._spool.removed_lines} removed by the bound of the spool.",
            extra=_extra("sampler_stopped"),
        )

    def _sample(self, began_s: float) -> Reading:
        taken_s = time.time()
        try:
            reading = self._metricset.read()
            lines = self._lines.of(reading.documents, taken_s, time.monotonic() - began_s)
            self._spool.append(lines)
        except Exception as error:  # noqa: BLE001 - whatever fails here, the next tick comes
            sentence = f"The {self.name} sample failed: {type(error).__name__}: {error}"
            trouble = Trouble("sample_error", sentence, f"The {self.name} sample works again.")
            return Reading(troubles={self.name: trouble})
        return reading

    def _tell(self, troubles: Mapping[str, Trouble]) -> None:
        """An event for each trouble that is new or has changed, and one for each that is over."""
        for about, trouble in troubles.items():
            known = self._told.get(about)
            if known is None or known.code != trouble.code:
                logger.log(trouble.level, trouble.sentence, extra=_extra("sample_failed", trouble.code))
        for about, trouble in self._told.items():
            if about not in troubles:
                logger.info(trouble.resolved, extra=_extra("sample_recovered"))
        self._told = dict(troubles)


def until_next_tick(start_s: float, period_s: float, now_s: float) -> float:
    """Seconds from `now_s` to the next of the ticks `start_s`, `start_s` + `period_s`, ..."""
    return period_s - (now_s - start_s) % period_s


def _extra(action: str, code: str | None = None) -> dict[str, str]:
    outcome = "failure" if code else "success"
    fields = {"event.action": action, "event.outcome": outcome}
    return fields | ({"error.code": code} if code else {})


def _tell_happening(happening: Happening) -> None:
    logger.warning(happening.sentence, extra=_extra(happening.action, happening.code))
