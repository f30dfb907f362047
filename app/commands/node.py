"""`cardwatch node`: the embedded node alone."""

import click

from app.commands import ports
from app.commands.options import settings_options
from app.commands.process import start_logging
from app.commands.settings import load


@click.command()
@settings_options("node")
def command() -> None:
    """Run the embedded node alone: Elasticsearch's API on one machine, state under HOME/node."""
    from elastic.node import server

    settings = load()
    ports.claim(settings.node.host, settings.node.port, "embedded node", "CARDWATCH_NODE_PORT")
    start_logging(settings, "node", f"{settings.node.host}:{settings.node.port}")
    server.run(settings.node, settings.home)
