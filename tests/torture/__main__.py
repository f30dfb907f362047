"""The command line: `python -m tests.torture`."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed
from pathlib import Path

from tests.servers import running_elasticsearch, running_node
from tests.torture.crew import MIX, crew, submitted, tasks
from tests.torture.plan import FAULTS, ROTATIONS, Fault, Rotation, Scope, Server
from tests.torture.summary import summary


def main(arguments: Sequence[str] | None = None) -> int:
    """Carries runs out, prints the failing ones and a line for all; 1 when one failed."""
    given = _parser().parse_args(arguments)
    seed = random.SystemRandom().randrange(2**31) if given.seed is None else given.seed
    print(
        f"seeds {seed} to {seed + given.runs - 1}: --seed {seed} --runs {given.runs}, with the same --server,"
        " --faults, --rotations, --without and --no-kills, gives the same plans again (what is written, "
        "rotated, killed and refused), not the same moments",
        flush=True,
    )
    servers = MIX if given.server == "mixed" else (Server(given.server),)
    servers = tuple(itertools.islice(itertools.cycle(servers), given.runs))
    begun, outcomes = time.monotonic(), []
    with addresses(set(servers)) as urls, crew(given.workers) as pool:
        todo = tasks(seed, servers, urls, _scope(given), keep=given.keep)
        for future in as_completed(submitted(pool, todo)):
            outcomes.append(future.result())
            if not outcomes[-1].ok or given.runs <= 5:
                print(outcomes[-1], flush=True)
    print(summary(outcomes, time.monotonic() - begun))
    return 0 if all(each.ok for each in outcomes) else 1


@contextlib.contextmanager
def addresses(servers: set[Server]) -> Iterator[dict[Server, str]]:
    """Starts those servers that are needed."""
    with contextlib.ExitStack() as stack:
        urls: dict[Server, str] = {}
        if Server.NODE in servers:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="torture-node-"))
            urls[Server.NODE] = stack.enter_context(running_node(Path(folder))).url
        if Server.ELASTICSEARCH in servers:
            urls[Server.ELASTICSEARCH] = stack.enter_context(running_elasticsearch()).url
        yield urls


def _scope(given: argparse.Namespace) -> Scope:
    without = set(given.without)
    faults = FAULTS if given.faults is None else given.faults
    rotations = ROTATIONS if given.rotations is None else given.rotations
    return Scope(
        tuple(kind for kind in faults if kind.value not in without),
        tuple(kind for kind in rotations if kind.value not in without),
        not given.no_kills,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, help="of the first run; the others follow (default: drawn)")
    parser.add_argument("--server", choices=["mixed", *[server.value for server in Server]], default="mixed")
    parser.add_argument("--keep", action="store_true", help="keep the folders of failing runs")
    parser.add_argument("--workers", type=int, default=2, help="runs beside one another")
    faults, rotations = [each.value for each in Fault], [each.value for each in Rotation]
    parser.add_argument("--faults", type=Fault, nargs="*", help=f"only these: {' '.join(faults)}")
    parser.add_argument("--rotations", type=Rotation, nargs="*", help=f"only these: {' '.join(rotations)}")
    parser.add_argument("--without", nargs="+", default=[], choices=faults + rotations, metavar="KIND")
    parser.add_argument("--no-kills", action="store_true", help="the shipper is left to live")
    return parser


if __name__ == "__main__":
    sys.exit(main())
