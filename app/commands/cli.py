"""The `cardwatch` group: its subcommands and the one place where errors become sentences and exit codes.

Exit codes: 0 well, 1 a known error (one sentence says what to do), 2 wrong usage or settings, 3 an error in
Cardwatch itself, 130 interrupted.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version

import click
from pydantic import ValidationError

from app.commands.errors import known_sentence, settings_sentences

# Name -> its line in `cardwatch --help`. The module of the same name holds `command`; it is imported when it
# is called, so that `cardwatch search` need not load the detector.
COMMANDS: Mapping[str, str] = {
    "demo": "See it work: post photographs, find every event again.",
    "up": "Run the whole local stack in the foreground.",
    "serve": "Run the card-detection service alone.",
    "ship": "Run the shipper alone.",
    "sample": "Sample GPUs, the host and the health of services; alone.",
    "node": "Run the embedded Elasticsearch-compatible node alone.",
    "install": "Put the index templates on the server and verify them.",
    "redrive": "Send the lines in quarantine again.",
    "audit": "Prove that every line is where it should be.",
    "search": "Tell the story of one request by its id.",
}

EPILOG = """\b
Try:    cardwatch demo
        cardwatch up
        cardwatch search REQUEST_ID
        cardwatch up --elasticsearch https://es.example:9200 --elasticsearch-api-key-file key.txt

Every flag is also a setting: serve --port is CARDWATCH_SERVE_PORT, or port under [serve] in cardwatch.toml.
"""


class Group(click.Group):
    """Lists the subcommands in the order of the table and imports one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"app.commands.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=Group,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(version("cardwatch"), prog_name="cardwatch")
def cardwatch() -> None:
    """Card detection that can be operated: see it, control it, fix it fast.

    Finds identity cards (身份证), driving licences (驾驶证) and passports (护照) in photographs, and makes
    every request a searchable record in Elasticsearch.
    """


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    try:
        cardwatch.main(prog_name="cardwatch", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except KeyboardInterrupt:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except ValidationError as error:
        for sentence in settings_sentences(error):
            click.echo(f"cardwatch: {sentence}", err=True)
        sys.exit(2)
    except Exception as error:  # noqa: BLE001 - the boundary: everything becomes a sentence and an exit code
        sys.exit(_report(error))


def _report(error: Exception) -> int:
    sentence = known_sentence(error)
    if sentence:
        click.echo(f"cardwatch: {sentence}", err=True)
        return 1
    traceback.print_exc()
    click.echo(
        "cardwatch: this is an error in Cardwatch itself; please report it with the lines above.", err=True
    )
    return 3
