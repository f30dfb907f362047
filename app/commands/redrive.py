"""`cardwatch redrive`: the lines in quarantine, sent again."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator, Sequence

import click
import orjson
from rich.console import Console
from rich.table import Table

from app.commands.client import connect
from app.commands.options import settings_options
from app.commands.settings import load
from shippers.files.check import Fault
from shippers.redrive.outcome import Outcome
from shippers.redrive.run import UNFIT, Redrive
from shippers.sink import Sink

COLUMNS = {
    "entries": "entries",
    "sent": "sent",
    "accepted": "accepted",
    "present": "already there",
    "refused": "refused again",
    "missing": "original missing",
    "unfit": "cannot be sent",
    "unanswered": "no answer",
}


@click.command()
@click.option("--reason", metavar="REASON", help="Only this file of the quarantine; without, all of them.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent; sends and changes nothing.")
@click.option("--json", "as_json", is_flag=True, help="The numbers as a JSON object.")
@settings_options("ship")
def command(reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Send the lines in quarantine again, after what kept them out was mended.

    Each goes to its data stream under its old id, read from its file (renamed or gzipped, too), else from
    the text in quarantine if nothing is masked there. What Elasticsearch has then leaves the quarantine. A
    shipper may be running. Exit code 1 when something stays.
    """
    settings = load()
    with connect(settings, max_retries=0, retry_on_timeout=False) as client:
        redrive = Redrive(
            settings.home,
            Sink(client, settings.ship.timeout_s),
            settings.ship,
            clock=time.time,
            wait=time.sleep,
            draw=random.random,
        )
        if reason is not None and reason not in redrive.reasons():
            known = ", ".join(redrive.reasons()) or "none: the quarantine is empty"
            raise click.BadParameter(
                f"nothing is in quarantine for it. There is: {known}.", param_hint="--reason"
            )
        outcomes = redrive.run(reason, dry_run=dry_run)
    advice = [*_advice(outcomes), *([f"No verdict: {redrive.trouble}"] if redrive.trouble else [])]
    if as_json:
        click.echo(orjson.dumps(_json(outcomes, advice, dry_run), option=orjson.OPT_INDENT_2))
    else:
        _print(outcomes, advice, dry_run)
    if any(outcome.stays for outcome in outcomes) and not dry_run:
        sys.exit(1)


def _json(outcomes: Sequence[Outcome], advice: Sequence[str], dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "stays": sum(outcome.stays for outcome in outcomes),
        "reasons": [outcome.as_json() for outcome in outcomes],
        "advice": advice,
    }


def _print(outcomes: Sequence[Outcome], advice: Sequence[str], dry_run: bool) -> None:
    console = Console(highlight=False)
    if not outcomes:
        console.print("The quarantine is empty.")
        return
    table = Table("reason", box=None)
    for title in COLUMNS.values():
        table.add_column(title if title != "sent" or not dry_run else "would be sent", justify="right")
    for outcome in outcomes:
        table.add_row(outcome.reason, *(str(getattr(outcome, name)) for name in COLUMNS))
    console.print(table)
    for sentence in advice:
        console.print(sentence)


def _advice(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """What to do about what stays."""
    for outcome in outcomes:
        if outcome.reason in UNFIT and outcome.unfit:
            yield f"{outcome.reason}: no server takes these lines; mend the program that writes them."
        elif outcome.reason == Fault.NOT_JSON and outcome.unfit:
            yield f"{outcome.reason}: not sent with --validate full; --validate cheap asks Elasticsearch."
        elif outcome.unfit:
            yield f"{outcome.reason}: {outcome.unfit} lines are too long; raise --line-bytes to send them."
        if outcome.missing:
            yield (
                f"{outcome.reason}: {outcome.missing} lines are neither in their files any more nor kept "
                "unmasked; their entries stay."
            )
        if outcome.refused:
            yield f"{outcome.reason}: see error.reason in quarantine/ for what Elasticsearch said this time."
        if outcome.unreadable:
            yield f"{outcome.reason}: {outcome.unreadable} lines of its file are torn and stay as they are."
