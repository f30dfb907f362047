"""`cardwatch audit`: is everything there?"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from itertools import compress, islice

import click
import orjson
from rich.console import Console
from rich.table import Column, Table

from app.commands.client import connect
from app.commands.options import settings_options
from app.commands.settings import load
from shippers.audit.home import Audit
from shippers.audit.ranges import Range
from shippers.audit.report import FileReport, Proof, Report, State
from shippers.census import Census

SHOWN_RANGES = 20
COLUMNS = (
    "lines\nread",
    "acknow-\nledged",
    "quaran-\ntined",
    "pending",
    "there",
    "missing",
    "doubled",
    "lost\nbytes",
)

ALWAYS = COLUMNS[:2]
MOST_COLUMNS = 1000
LEAST_NAME = 16
"""Characters; a table that is still too wide goes beyond the terminal, which folds it rather than cuts it."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Everything about every file as a JSON object.")
@click.option(
    "--allow-lost", is_flag=True, help="Exit code 0 although bytes were cut away before they were read."
)
@settings_options("ship")
def command(as_json: bool, allow_lost: bool) -> None:
    """Prove for every file: read = acknowledged + quarantined + pending, and the same ids in Elasticsearch.

    Reads every file again and asks for the id of every line; names what is missing or doubled with its range
    of bytes. A shipper may be running. Exit code 1 when something does not add up.
    """
    settings = load()
    with connect(settings) as client:
        audit = Audit(settings.home, Census(client), settings.ship, wait=time.sleep, clock=time.monotonic)
        report = audit.run()
    if as_json:
        click.echo(orjson.dumps(report.as_json(allow_lost=allow_lost), option=orjson.OPT_INDENT_2))
    else:
        _print(report, allow_lost)
    if report.wrong(allow_lost=allow_lost):
        sys.exit(1)


def _print(report: Report, allow_lost: bool) -> None:
    console = Console(highlight=False, markup=False, emoji=False)
    table = _table(report)
    anything = console.options.update(max_width=MOST_COLUMNS)
    width, console.width = console.width, max(console.width, console.measure(table, options=anything).minimum)
    console.print(table)
    console.width = width
    for each in report.files:
        for sentence in _sentences(each):
            console.print(sentence, style="red")
    for sentence in (*_gone(report), *report.notes):
        console.print(sentence)
    wrong = len(report.wrong(allow_lost=allow_lost))
    verdict = f"{wrong} of {len(report.files)} files do not add up." if wrong else _well(report)
    if not report.files:
        verdict = "There are no files here, and nothing has been shipped: is this the right --home?"
    console.print(
        f"{verdict} {report.lines} lines compared in {report.seconds:.1f} s "
        f"({report.lines_per_second} lines a second)."
    )


def _well(report: Report) -> str:
    """Nothing is wrong, as far as something could be asked."""
    return "All that could be compared adds up." if report.unproved[0] else "Everything adds up."


def _table(report: Report) -> Table:
    """Names are folded, numbers stay whole; a column in which nothing happened is left out."""
    shown = [each for each in report.files if each.state is not State.GONE or each.problems]
    table = Table(
        Column("file", overflow="fold", min_width=LEAST_NAME),
        Column("state", no_wrap=True),
        box=None,
        pad_edge=False,
    )
    rows = [list(map(str, _numbers(each))) for each in shown]
    wanted = [
        title in ALWAYS or any(row[n] not in ("0", "-") for row in rows) for n, title in enumerate(COLUMNS)
    ]
    for title in compress(COLUMNS, wanted):
        table.add_column(title, justify="right", no_wrap=True)
    for each, numbers in zip(shown, rows, strict=True):
        table.add_row(each.path, _state(each), *compress(numbers, wanted))
    return table


def _state(each: FileReport) -> str:
    return ",\n".join(each.problems) or ("gzipped" if each.state is State.PACKED else each.state)


def _numbers(each: FileReport) -> Iterator[int | str]:
    found = each.found
    yield from (each.read, each.acknowledged, each.quarantined, each.pending)
    is_compared = found.proof is not Proof.NONE
    yield from (found.there, found.missing_lines, found.doubled_lines) if is_compared else ("-", "-", "-")
    yield each.lost_bytes


def _sentences(each: FileReport) -> Iterator[str]:
    """What does not add up in a file, one sentence each."""
    found = each.found
    name = f"{each.path} ({each.id})"
    if each.unreadable:
        yield f"{name} could not be compared: {each.unreadable}."
    elif each.read != each.acknowledged + each.quarantined:
        yield (
            f"{name}: {each.read} lines lie before the checkpoint, but {each.acknowledged} were counted as "
            f"acknowledged and {each.quarantined} as quarantined."
        )
    elif each.unaccounted_bytes:
        yield (
            f"{name}: {each.read_bytes} bytes lie before the checkpoint, but the lines in Elasticsearch have "
            f"{each.acknowledged_bytes} of them, and the entries in quarantine {each.quarantined_bytes}."
        )
    if found.missing_lines and found.proof is Proof.COUNT:
        yield (
            f"{name}: {found.missing_lines} of {found.expected} lines missing, by the number of documents of "
            "their host and time."
        )
    elif found.missing_lines and found.proof is Proof.LISTED:
        yield (
            f"{name} is gone; {found.missing_lines} of its {found.expected} lines are missing in "
            "Elasticsearch, and which ones cannot be told without the file."
        )
    elif found.missing_lines:
        but = f"; {each.not_kept} lines were quarantined but not kept" if each.not_kept else ""
        yield f"{name}: {found.missing_lines} lines missing, bytes {_listed(found.missing)}{but}."
    if found.doubled_lines:
        where = f", bytes {_listed(found.doubled)}" if found.doubled else ""
        yield f"{name}: {found.doubled_lines} lines doubled{where}."
    if each.state is State.IGNORED:
        yield (
            f"{each.path} is never shipped ({each.ignored} lines, {each.ignored_bytes} bytes): its name "
            "gives no data stream. Rename it: what stands before the first - or . must be small letters, "
            "digits and _."
        )
    if each.lost_bytes:
        yield f"{name}: {each.lost_bytes} bytes were cut away before they were read."


def _listed(ranges: Sequence[Range]) -> str:
    named = ", ".join(map(str, islice(ranges, SHOWN_RANGES)))
    more = len(ranges) - SHOWN_RANGES
    return f"{named} and {more} more ranges (all with --json)" if more > 0 else named


def _gone(report: Report) -> Iterator[str]:
    gone = [each for each in report.files if each.state is State.GONE]
    if gone:
        yield (
            f"Files that are gone: {len(gone)}; by the registry {sum(each.acknowledged for each in gone)} of "
            f"their lines are acknowledged and {sum(each.quarantined for each in gone)} quarantined; "
            f"{sum(each.found.there for each in gone)} documents of theirs are in Elasticsearch."
        )
    files, lines = report.unproved
    if files:
        yield (
            f"NOT PROVED: {lines} lines of {files} files that are gone are on the registry's word alone. The "
            "ids of a time series are the server's own, and of more than 10000 documents of one millisecond "
            "no list can be had."
        )
