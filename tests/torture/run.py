"""One run: writers, a shipper under blows, a proxy with faults, and the account at the end."""

from __future__ import annotations

import shutil
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shippers.registry import rows
from tests.torture import account, proxy
from tests.torture.account import Verdict
from tests.torture.crash import Crash, Shipper
from tests.torture.faults import Dealer
from tests.torture.lines import Line, canonical
from tests.torture.nest import Nest
from tests.torture.plan import LOSING, Plan, Server
from tests.torture.stores import Memory, Remote, Store
from tests.torture.writer import Writer

DRAIN_S = {Server.MEMORY: 20.0, Server.NODE: 45.0, Server.ELASTICSEARCH: 60.0}
QUIET_S = 1.0
"""Without a request for so long the shipper has nothing more to send, beside the time that it waits for an
answer and for the end of a file that is gone; asked where lines may be lost."""

POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a run. `failures` are what went wrong beside the account; `home` is set if kept."""

    plan: Plan
    verdict: Verdict
    faults: Counter[str]
    rotations: Counter[str]
    kills: int
    stops: int
    requests: int
    seconds: float
    failures: tuple[str, ...] = field(default=())
    home: Path | None = None

    @property
    def ok(self) -> bool:
        """Whether each line is where it belongs, once, and nothing went wrong."""
        return self.verdict.ok and not self.failures

    def __str__(self) -> str:
        verdict, plan = self.verdict, self.plan
        kinds = ", ".join(f"{file.lines} lines {file.rotation}" for file in plan.files)
        told = [f"seed {plan.seed} on {plan.server}: {'ok' if self.ok else 'FAILED'} ({kinds})", str(verdict)]
        told += [f"{dict(self.faults)} {self.kills} kills, {self.stops} stops", *self.failures]
        return "\n  ".join([*told, f"kept in {self.home}"] if self.home else told)


def run(
    plan: Plan,
    nest: Nest,
    url: str | None = None,
    *,
    keep: bool = False,
    store: Store | None = None,
    drain_s: float | None = None,
    between: Callable[[Path], None] | None = None,
) -> Outcome:
    """Carries a plan out. `url` is the server's behind the proxy; none is needed for memory.

    The harness's own tests give a `store` that does wrong, or call something with the home `between` an end
    of the shipper and its next start, and need not wait so long for what never comes (`drain_s`).
    """
    begun = time.monotonic()
    home = Path(tempfile.mkdtemp(prefix=f"torture-{plan.seed}-"))
    outcome: Outcome | None = None
    try:
        (home / "log").mkdir()
        store = store or (Remote(url, plan.namespace) if url else Memory())
        outcome = _carried_out(plan, nest, home, store, between, begun, drain_s or DRAIN_S[plan.server], keep)
        if not outcome.home:
            store.dispose()
    finally:
        if not (keep and outcome and not outcome.ok):
            shutil.rmtree(home, ignore_errors=True)
    return outcome


def _carried_out(
    plan: Plan,
    nest: Nest,
    home: Path,
    store: Store,
    between: Callable[[Path], None] | None,
    begun: float,
    drain_s: float,
    keep: bool,
) -> Outcome:
    dealer = Dealer(plan.faults, plan.fault_odds, plan.rollover_odds, plan.source("faults"))
    with proxy.running(store, dealer) as road:
        shipper = Shipper(nest, home, road.url, plan.namespace, dict(plan.settings))
        if between:
            shipper.between = lambda: between(home)
        road.strike = lambda meanwhile: shipper.strike(signal.SIGKILL, meanwhile)
        writers = [Writer(each, home / "log", plan.source(each.dataset), road.arrived) for each in plan.files]
        shipper.start()
        try:
            _played(writers, Crash(shipper, plan.blows))
            road.stop_faults()
            late = _drained(plan, road, writers, home, drain_s)
        finally:
            shipper.stop()
        verdict = _verdict(plan, writers, store, home, shipper.ended_s[:-1])  # the last end is the run's
        failed = [*shipper.faults, *(f"{each.name}: {each.error!r}" for each in writers if each.error)]
        failed += [f"not drained within {drain_s:.0f} s"] if late else []
        return Outcome(
            plan,
            verdict,
            Counter({kind.value: count for kind, count in dealer.dealt.items() if count}),
            sum(
                (Counter({kind.value: n for kind, n in each.rotations.items()}) for each in writers),
                Counter(),
            ),
            kills=shipper.ends[signal.SIGKILL],
            stops=shipper.ends[signal.SIGTERM],
            requests=road.requests,
            seconds=time.monotonic() - begun,
            failures=tuple(failed),
            home=home if keep and (failed or not verdict.ok) else None,
        )


def _played(writers: list[Writer], crash: Crash) -> None:
    """Until the writers have written and the blows have fallen."""
    for thread in (*writers, crash):
        thread.start()
    for thread in (*writers, crash):
        thread.join()


def _drained(plan: Plan, road: proxy.Proxy, writers: list[Writer], home: Path, drain_s: float) -> bool:
    """Waits until every line has arrived or is put aside; True when that did not come in time."""
    lines = _lines(writers)
    may_lose = any(file.rotation in LOSING for file in plan.files)
    until = time.monotonic() + drain_s
    quiet_s = QUIET_S + float(plan.settings["timeout_s"]) + float(plan.settings["done_s"])
    requests, quiet_since = -1, time.monotonic()
    while time.monotonic() < until:
        if account.settled(lines, road.texts(), account.quarantined(home / "quarantine")):
            return False
        if requests != road.requests:
            requests, quiet_since = road.requests, time.monotonic()
        if may_lose and time.monotonic() - quiet_since > quiet_s:
            return False
        time.sleep(POLL_S)
    return True


def _verdict(
    plan: Plan, writers: list[Writer], store: Store, home: Path, ended_s: Sequence[float]
) -> Verdict:
    risky = [line for each in writers for line in each.at_risk]
    is_memory = plan.server is Server.MEMORY
    found = list(store.documents())
    if not is_memory:
        found = [document.canonical() for document in found]
    return account.verdict(
        _lines(writers),
        risky,
        found,
        account.quarantined(home / "quarantine"),
        account.losses(home / "shipper.ndjson"),
        as_text=bytes if is_memory else canonical,
        looked_s=account.first_look_s(home / "shipper.ndjson"),
        ended_s=ended_s,
        seen_bytes={row.id: row.size_bytes for row in rows(home / "registry.sqlite")},
        alone=[text for each in writers for text in each.alone],
    )


def _lines(writers: list[Writer]) -> list[Line]:
    return [line for each in writers for line in each.lines]
