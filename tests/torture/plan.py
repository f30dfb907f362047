"""A seed -> everything that is decided before a run (pure).

Every actor has a random source of its own, so that one more draw of one of them changes no other.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum

Value = int | float | str


class Server(StrEnum):
    """What stands behind the proxy."""

    MEMORY = "memory"
    NODE = "node"
    ELASTICSEARCH = "elasticsearch"


class Fault(StrEnum):
    """What may happen to a request. ITEM faults meet some lines of it, the others the whole of it."""

    ITEM_409 = "item_409"  # taken, and told to be there already
    ITEM_429 = "item_429"
    ITEM_503 = "item_503"
    ITEM_406 = "item_406"  # refused: quarantine
    REQUEST_406 = "request_406"
    REQUEST_413 = "request_413"
    REQUEST_429 = "request_429"
    REQUEST_429_AFTER = "request_429_after"  # with Retry-After
    REQUEST_502 = "request_502"
    REQUEST_503 = "request_503"
    RESET_BEFORE = "reset_before"  # nothing was taken
    RESET_AFTER = "reset_after"  # everything was taken
    SLOW = "slow"  # taken, and no answer within the client's patience
    TRUNCATED = "truncated"  # taken, and the answer ends in the middle
    GARBAGE = "garbage"  # taken, and the answer is not JSON
    KILL = "kill"  # taken, and the shipper is killed before the answer
    PARTIAL = "partial"  # a look-up that not every shard answered
    ROLLOVER = "rollover"  # of the data stream, between a send and its replay and in between


class Rotation(StrEnum):
    """How a writer rotates its file."""

    DATED = "dated"  # x.ndjson -> x-<date>.ndjson
    CHAIN = "chain"  # x.ndjson -> x.ndjson.1 -> x.ndjson.2
    LATE = "late"  # a chain whose writer goes on for some lines in the renamed file
    DELETE = "delete"  # a chain whose old files are deleted once all their lines are on the server
    UNLINK = "unlink"  # a chain whose old file is deleted at once: the shipper has its descriptor alone
    OUTSIDE = "outside"  # x.ndjson -> old-x-<number>.bak, which is the name of no source
    GZIP = "gzip"  # a chain whose old files are compressed
    DATED_GZIP = "dated_gzip"  # dated, and compressed
    DATEEXT = "dateext"  # x.ndjson -> x.ndjson-20261123-<seconds>, as logrotate does
    COPYTRUNCATE = "copytruncate"  # nobody writes between copy and truncate
    COPYTRUNCATE_LIVE = "copytruncate_live"  # lines come between: they may be lost, and that is reported
    COPYTRUNCATE_GZIP = "copytruncate_gzip"  # the same as copytruncate, and the copy is compressed
    HEADERS = "headers"  # dated, and every file begins with the same line


FAULTS = tuple(Fault)
ROTATIONS = tuple(Rotation)
COPIED = frozenset({Rotation.COPYTRUNCATE, Rotation.COPYTRUNCATE_LIVE, Rotation.COPYTRUNCATE_GZIP})
LOSING = frozenset({Rotation.COPYTRUNCATE_LIVE, Rotation.UNLINK})
"""Lines may be lost, whatever a shipper does, if it is killed or looks at the wrong moment."""

MEMORY_TIMEOUT_S = 1.0
SERVER_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class Scope:
    """What a plan may hold: kinds of faults and rotations, and whether the shipper is killed."""

    faults: tuple[Fault, ...] = FAULTS
    rotations: tuple[Rotation, ...] = ROTATIONS
    kills: bool = True


@dataclass(frozen=True, slots=True)
class FilePlan:
    """One file and its writer.

    Attributes:
        dataset: names the file and its data stream.
        first: the number of its first line; `lines` follow.
        rotation: how it is rotated, with `rotate_odds` after each burst.
        burst: most lines written at once.
        pause_s: longest pause after a burst.
        half_odds: how often a burst ends within a line.
        unfit_odds: how often a line is one that may not travel.
    """

    dataset: str
    first: int
    lines: int
    rotation: Rotation
    rotate_odds: float
    burst: int
    pause_s: float
    half_odds: float
    unfit_odds: float


@dataclass(frozen=True, slots=True)
class Blow:
    """The shipper is stopped `after_s` after the one before, politely or not, and stays down for `down_s`."""

    after_s: float
    polite: bool
    down_s: float


@dataclass(frozen=True, slots=True)
class Plan:
    """One run. `settings` are those of the shipper that are drawn, `fault_odds` are per request."""

    seed: int
    server: Server
    faults: tuple[Fault, ...]
    fault_odds: float
    rollover_odds: float
    files: tuple[FilePlan, ...]
    blows: tuple[Blow, ...]
    settings: Mapping[str, Value]

    @property
    def namespace(self) -> str:
        """Last part of the data streams' names; a run has them for itself."""
        return f"t{self.seed}"

    def source(self, actor: str) -> random.Random:
        """The random source of one actor."""
        return source(self.seed, actor)


def source(seed: int, actor: str) -> random.Random:
    """The random source of one actor of one run."""
    return random.Random(f"{seed}/{actor}")


def plan(seed: int, server: Server, scope: Scope | None = None) -> Plan:
    """What this seed decides, within `scope`."""
    scope, draw = scope or Scope(), source(seed, "plan")
    faults = tuple(kind for kind in scope.faults if kind is not Fault.KILL or scope.kills)
    files = _files(source(seed, "files"), scope.rotations, server)
    return Plan(
        seed,
        server,
        faults,
        fault_odds=draw.uniform(0.05, 0.4),
        rollover_odds=draw.uniform(0.02, 0.2),
        files=files,
        blows=_blows(source(seed, "blows")) if scope.kills else (),
        settings=_settings(source(seed, "settings"), server, {each.rotation for each in files}),
    )


def _files(draw: random.Random, rotations: Sequence[Rotation], server: Server) -> tuple[FilePlan, ...]:
    count = draw.randint(1, 3) if server is Server.MEMORY else draw.randint(1, 2)
    return tuple(
        FilePlan(
            dataset=f"part{number}",
            first=number * 1_000_000,
            lines=draw.randint(60, 400),
            rotation=draw.choice(list(rotations)),
            rotate_odds=draw.uniform(0.05, 0.4),
            burst=draw.choice([3, 15, 40]),
            pause_s=draw.choice([0.01, 0.04, 0.08]),
            half_odds=draw.choice([0.0, 0.3]),
            unfit_odds=draw.choice([0.0, 0.0, 0.03]),
        )
        for number in range(count)
    )


def _blows(draw: random.Random) -> tuple[Blow, ...]:
    return tuple(
        Blow(draw.uniform(0.02, 0.4), draw.random() < 0.25, draw.choice([0.0, 0.02, 0.1]))
        for _ in range(draw.randint(0, 5))
    )


def _settings(draw: random.Random, server: Server, rotations: Set[Rotation]) -> dict[str, Value]:
    drawn: dict[str, Value] = {
        "batch_lines": draw.choice([3, 20, 50, 200]),
        "batch_bytes": draw.choice([2048, 20_000, 1_000_000]),
        "batch_age_s": draw.choice([0.0, 0.02, 0.1]),
        "in_flight": draw.choice([1, 2, 4]),
        "validation": draw.choice(["cheap", "full"]),
        "line_bytes": 2048,
        "read_bytes": draw.choice([1024, 8192, 65_536]),
        "fingerprint_bytes": draw.choice([64, 1024, 4096]),
        "open_files": draw.choice([2, 5, 512]),
        "poll_s": draw.uniform(0.005, 0.04),
        "idle_poll_s": 0.05,
        "backoff_first_s": 0.005,
        "backoff_cap_s": 0.05,
        "timeout_s": MEMORY_TIMEOUT_S if server is Server.MEMORY else SERVER_TIMEOUT_S,
        "stop_s": 5.0,
        "done_s": 1.0,
    }
    if rotations & COPIED:
        drawn["fingerprint_bytes"] = 4096  # less does not tell short copies
    if Rotation.UNLINK in rotations:
        drawn["open_files"] = 512  # a file that rests is not held
    return drawn
