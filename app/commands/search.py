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
@click.option(
    "--samples",
    "with_samples",
    is_flag=True,
    help='With --json: an object of "events" and "gpu", the GPU samples around the request.',
)
@click.option(
    "--window-s",
    type=click.FloatRange(0, 3600),
    default=search.WINDOW_S,
    show_default=True,
    help="How far before and after the request a GPU sample still counts, in seconds.",
)
@settings_options()
def command(request_id: str, as_json: bool, with_samples: bool, window_s: float) -> None:
    """Tell the story of one request by its id (the X-Request-ID of the answer).

    When, where, each event in order, durations, what the photograph was, which cards were found, what the
    GPUs of its host did around it, and the error with its stack trace. Exit code 1 when nothing is found.
    """
    with connect(load()) as client:
        events = search.events(client, request_id)
        wanted = with_samples or not as_json
        gpus = search.gpu_moment(client, events, window_s) if wanted else search.Moment()
    if as_json:
        said = {"events": events, "gpu": gpus.samples} if with_samples else events
        click.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2))
    else:
        Console(highlight=False).print(story(events, gpus))
