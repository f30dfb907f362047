"""`cardwatch up`: the whole local stack in the foreground."""

import os
import sys

import click

from app.commands import stack
from app.commands.options import settings_options
from app.commands.settings import load


@click.command()
@click.option(
    "--ports",
    "choice",
    type=click.Choice(["fixed", "auto"]),
    default="fixed",
    help="What to do when a port is taken: stop and say by what, or pick a free one.  [default: fixed]",
)
@settings_options()
def command(choice: str) -> None:
    """Run the whole local stack in the foreground: node, service, shipper, sampler. Ctrl-C ends it.

    With --elasticsearch (or CARDWATCH_ELASTICSEARCH) the embedded node is left out and that server is used.
    """
    settings = load()
    if choice == "auto":
        os.environ.update(stack.pick_ports(settings))
        settings = load()
    stack.claim_ports(settings)
    click.echo(
        f"Service http://{settings.serve.host}:{settings.serve.port}, Elasticsearch API {settings.server}"
    )
    sys.exit(stack.run(settings))
