"""`cardwatch install`: templates on the server."""

import click
from rich.console import Console
from rich.table import Table

from app.commands.client import connect
from app.commands.options import settings_options
from app.commands.settings import load
from elastic import install
from elastic.templates import committed


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@settings_options()
def command(dry_run: bool) -> None:
    """Put the index templates on the server: plan, apply, verify by simulation. Twice changes nothing."""
    settings, console = load(), Console()
    with connect(settings) as client:
        choice = install.choose(client, committed(), settings.time_series)
        steps = install.plan(client, choice.wanted, choice.unwanted)
        console.print(_table(steps))
        console.print(choice.reason)
        if dry_run:
            return
        changed = install.apply(client, steps)
        streams = install.verify(client, choice.wanted, settings.namespace)
    console.print(f"{changed} changed on {settings.server}; verified for {', '.join(streams)}.")


def _table(steps: list[install.Step]) -> Table:
    table = Table("", "kind", "name", box=None)
    for step in steps:
        table.add_row(step.verdict, step.asset.kind.replace("_", " ").removesuffix("s"), step.asset.name)
    return table
