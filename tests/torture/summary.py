"""Many runs in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from tests.torture.run import Outcome


def summary(outcomes: Iterable[Outcome], seconds: float) -> str:
    """Runs, lines, what happened to them, and what came of it."""
    all_runs = list(outcomes)
    verdicts = [each.verdict for each in all_runs]
    servers = Counter(each.plan.server.value for each in all_runs)
    faults: Counter[str] = sum((each.faults for each in all_runs), Counter())
    rotations: Counter[str] = sum((each.rotations for each in all_runs), Counter())
    parts = [
        f"{len(all_runs)} runs ({_counted(servers)})",
        f"{sum(each.written for each in verdicts)} lines",
        f"{sum(each.documents for each in verdicts)} documents",
        f"{sum(each.quarantined for each in verdicts)} quarantined",
        f"{sum(each.kills for each in all_runs)} kills",
        f"{sum(each.stops for each in all_runs)} stops",
        f"{rotations.total()} rotations ({_counted(rotations)})",
        f"{faults.total()} faults ({_counted(faults)})",
        f"{sum(each.missing for each in verdicts)} missing",
        f"{sum(each.doubled_ids for each in verdicts)} doubled ids",
        f"{sum(each.doubled_lines for each in verdicts)} doubled lines",
        f"{sum(each.one_line_copies for each in verdicts)} lines of one-line copies twice",
        f"{sum(each.strange for each in verdicts)} strange",
        f"{sum(each.lost for each in verdicts)} lost"
        f" ({sum(each.lost_bytes for each in verdicts)} bytes,"
        f" {sum(each.unreported for each in verdicts)} not reported)",
        f"{sum(not each.ok for each in all_runs)} failed",
        f"{seconds:.0f} s",
    ]
    return ", ".join(parts)


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counter.items()))
