"""`cardwatch search`: the story of one request."""

from __future__ import annotations

import click
import orjson
from rich.console import Console

from app.commands.client import connect
from app.commands.options import settings_options
from app.commands.settings import load
from app.commands.story import story
from elastic import search


@click.command()
@click.argument("request_id")
@click.option("--json", "as_json", is_flag=True, help="The events as a JSON array, oldest first.")
@settings_options()
def command(request_id: str, as_json: bool) -> None:
    """Tell the story of one request by its id (the X-Request-ID of the answer).

    When, where, each event in order, durations, what the photograph was, which cards were found, and the
    error with its stack trace. Exit code 1 when nothing is found.
    """
    with connect(load()) as client:
        events = search.events(client, request_id)
    if as_json:
        click.echo(orjson.dumps(events, option=orjson.OPT_INDENT_2))
    else:
        Console(highlight=False).print(story(events))
