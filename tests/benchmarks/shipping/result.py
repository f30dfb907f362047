"""The table, in Markdown."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from tests.benchmarks.shipping import rsyslog
from tests.benchmarks.shipping.live import Freshness
from tests.benchmarks.shipping.loss import Loss
from tests.benchmarks.shipping.process import Usage
from tests.benchmarks.shipping.sides import OURS, RSYSLOG, Side

MIB = 1024 * 1024


def machine(line_bytes: int) -> str:
    """Where and with what it was measured."""
    model = platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [text for text in cpuinfo.read_text().splitlines() if text.startswith("model name")]
        model = names[0].partition(": ")[2] if names else model
    versions = [f"Python {platform.python_version()}", f"elasticsearch {version('elasticsearch')}"]
    if not rsyslog.missing():
        versions.append(f"rsyslog {rsyslog.version()}")
    cores = f"{os.cpu_count()} cores (load {os.getloadavg()[0]:.1f})"
    return f"{model}, {cores}, {', '.join(versions)}; {line_bytes} bytes a line."


def raced(results: Sequence[tuple[Side, Usage]]) -> str:
    """Documents per CPU-second, and ours against each."""
    best = next(usage for side, usage in results if side is OURS)
    rows = [
        f"| {side.name} | {usage.lines:,} | {usage.cpu_s:.1f} | {usage.rate:,.0f} "
        f"| {best.rate / usage.rate:.2f} | {usage.peak_bytes / MIB:.0f} | {usage.wall_s:.1f} |"
        for side, usage in results
    ]
    names = ["shipper", "lines", "CPU s", "documents per CPU-second", "ours is times", "peak MiB", "s"]
    head = "\n".join(["| " + " | ".join(names) + " |", "|" + "---|" * len(names)])
    note = "gzip is on but for rsyslog, whose omelasticsearch cannot compress."
    return "\n".join([head, *rows, "", note] if any(s is RSYSLOG for s, _ in results) else [head, *rows])


def lost(results: Sequence[tuple[Side, Loss]]) -> str:
    """What each lost and doubled."""
    head = "| shipper | lines | lost | doubled |\n|---|---|---|---|"
    rows = [f"| {side.name} | {loss.lines:,} | {loss.lost:,} | {loss.doubled:,} |" for side, loss in results]
    return "\n".join([head, *rows])


def fresh(result: Freshness, rate: int) -> str:
    """One sentence."""
    return (
        f"Line written to acknowledged at {rate:,} lines a second ({result.lines:,} lines): p50 "
        f"{result.p50_s * 1e3:.0f} ms, p99 {result.p99_s * 1e3:.0f} ms, most {result.most_s * 1e3:.0f} ms."
    )


def held(usage: Usage) -> str:
    """One sentence."""
    return f"Peak memory with a backlog of {usage.lines:,} lines: {usage.peak_bytes / MIB:.0f} MiB."


def idled(share: float, files: int, seconds: float) -> str:
    """One sentence."""
    return f"Idle with {files} files for {seconds:.0f} s: {share * 100:.2f} % of a core."
