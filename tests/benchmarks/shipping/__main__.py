"""The command line: `python -m tests.benchmarks.shipping`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.shipping import result, rsyslog
from tests.benchmarks.shipping.event import line
from tests.benchmarks.shipping.live import freshness, idle
from tests.benchmarks.shipping.loss import losses
from tests.benchmarks.shipping.race import backlog, race

PARTS = ("race", "backlog", "loss", "freshness", "idle")


def main() -> None:
    """Measures and prints."""
    given = _parser().parse_args()
    print(result.machine(len(line(0))), flush=True)
    if absent := rsyslog.missing():
        print(absent)
    with tempfile.TemporaryDirectory(prefix="shipping-") as folder:
        for text in measured(Path(folder), given):
            print(f"\n{text}", flush=True)
    print(f"\n`python -m tests.benchmarks.shipping {' '.join(sys.argv[1:])}`".replace(" `", "`"))


def measured(folder: Path, given: argparse.Namespace) -> Iterator[str]:
    """The parts that were asked for."""
    if "race" in given.only:
        yield result.raced(list(race(folder, given.lines)))
    if "backlog" in given.only:
        yield result.held(backlog(folder, given.backlog))
    if "loss" in given.only:
        yield result.lost(list(losses(folder, given.loss_lines)))
    if "freshness" in given.only:
        yield result.fresh(freshness(folder, given.seconds, given.rate), given.rate)
    if "idle" in given.only:
        yield result.idled(idle(folder, given.files, given.seconds), given.files, given.seconds)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.shipping", description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000, help="in the race")
    parser.add_argument(
        "--backlog", type=int, default=2_000_000, help="lines that wait when the shipper starts"
    )
    parser.add_argument("--loss-lines", type=int, default=20_000, help="where lines are lost")
    parser.add_argument("--rate", type=int, default=1000, help="lines a second for the freshness")
    parser.add_argument("--seconds", type=float, default=30.0, help="of freshness, and of idleness")
    parser.add_argument("--files", type=int, default=100, help="that lie idle")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    return parser


if __name__ == "__main__":
    main()
