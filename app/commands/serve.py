"""`cardwatch serve`: the card-detection service alone."""

import click

from app.commands import ports
from app.commands.options import settings_options
from app.commands.process import start_logging
from app.commands.settings import load


@click.command()
@settings_options("serve", detection=True)
def command() -> None:
    """Run the card-detection service alone: POST /v1/detect, /health, /metrics."""
    from app.service import server

    settings = load()
    ports.claim(settings.serve.host, settings.serve.port, "service", "CARDWATCH_SERVE_PORT")
    start_logging(settings, "serve", f"{settings.serve.host}:{settings.serve.port}")
    server.run(settings.serve, settings, settings.home)
