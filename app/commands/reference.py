"""Writes docs/reference.md, the commands, settings, fields and error codes, from the code that defines them.

Run `make docs` after a change; a test checks that the committed page is fresh.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from pydantic.fields import FieldInfo

from app.commands import cli, options
from app.service.problems import PROBLEMS
from elastic import fields

PAGE = Path(__file__).parents[2] / "docs" / "reference.md"

HEADING = """# Reference

Generated from the code by `make docs`. How settings work: command line > environment `CARDWATCH_*` > `*_FILE`
for secrets > `cardwatch.toml` > default. In the TOML file, settings of `serve`, `ship`, `sample` and `node`
stand under a table of that name, all others at the top.
"""


def page() -> str:
    """The whole page."""
    parts = (HEADING, *_commands(), *_settings(), *_problems(), *_errors(), *_fields())
    return "\n".join(part.rstrip() + "\n" for part in parts)


def _commands() -> Iterator[str]:
    codes = "0 well, 1 a known error, 2 wrong usage or settings, 3 a bug, 130 interrupted"
    yield f"## Commands\n\nExit codes: {codes}."
    context = click.Context(cli.cardwatch, info_name="cardwatch")
    for name in cli.COMMANDS:
        command = cli.cardwatch.get_command(context, name)
        assert command is not None
        usage = " ".join(command.collect_usage_pieces(click.Context(command)))
        yield f"### cardwatch {name}\n\n`cardwatch {name} {usage}`\n\n{_paragraphs(command.help or '')}"
        yield _own_options(command)


def _paragraphs(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines())


def _own_options(command: click.Command) -> str:
    own = [option for option in command.params if isinstance(option, click.Option) and option.expose_value]
    return "\n".join(f"- `{', '.join(option.opts)}`: {option.help}" for option in own)


def _settings() -> Iterator[str]:
    yield "## Settings"
    yield _settings_table("All commands", None, options.shared_fields())
    yield _settings_table("Detector (`cardwatch serve`)", None, options.detection_fields())
    for section in options.SECTIONS:
        yield _settings_table(f"`cardwatch {section}`", section, options.section_fields(section))


def _settings_table(title: str, section: str | None, entries: Iterator[tuple[str, FieldInfo]]) -> str:
    rows = [f"### {title}\n", "| environment | flag | default | meaning |", "|---|---|---|---|"]
    for name, field in entries:
        variable = options.environment_name(name, field, section)
        default = f"`{options.default_text(field)}`" if options.default_text(field) else ""
        rows.append(f"| `{variable}` | `{options.flag(name, field)}` | {default} | {field.description} |")
    return "\n".join(rows)


def _problems() -> Iterator[str]:
    rows = ["## Error codes of the service\n", "| code | status | meaning |", "|---|---|---|"]
    rows += [f"| `{code}` | {problem.status} | {problem.meaning} |" for code, problem in PROBLEMS.items()]
    yield "\n".join(rows)


def _errors() -> Iterator[str]:
    rows = ["## Error codes of the commands\n", "| code | meaning |", "|---|---|"]
    rows += [f"| `{code}` | {meaning} |" for code, meaning in sorted(error_codes().items())]
    yield "\n".join(rows)


def error_codes() -> dict[str, str]:
    """Every stable code of the packages' errors.py with the first sentence of its class."""
    from importlib import import_module

    modules = (
        "app.commands",
        "app.detection",
        "app.service",
        "elastic",
        "elastic.node",
        "shippers",
        "shippers.metricsets",
    )
    found: dict[str, str] = {}
    for module in modules:
        for error in vars(import_module(f"{module}.errors")).values():
            if isinstance(error, type) and isinstance(vars(error).get("code"), str):
                found[vars(error)["code"]] = (error.__doc__ or "").strip().splitlines()[0]
    return found


def _fields() -> Iterator[str]:
    rows = ["## Fields\n", "| field | type | unit | meaning | example |", "|---|---|---|---|---|"]
    for field in fields.read():
        example = str(field.example).replace("|", "\\|")
        rows.append(
            f"| `{field.name}` | {field.type} | {field.unit or ''} | {field.description} | `{example}` |"
        )
    yield "\n".join(rows)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
