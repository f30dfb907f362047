"""The documents are true: commands exist, links lead somewhere, the reference is fresh."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from app.commands import cli, reference
from elastic import fields

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "app" / "detection" / "models"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
NAMES = {field.name for field in fields.read()}
DOTTED = re.compile(r"@timestamp|[a-z_]+(\.[a-z_0-9]+)+")


def shell_lines(page: Path) -> Iterator[str]:
    """The commands in a page's `sh` blocks, continued lines joined, comments and prompts dropped."""
    for block in re.findall(r"```sh\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if command := line.split("  #")[0].strip():
                yield command


def words_after(program: str) -> list[tuple[str, list[str]]]:
    """(page, words) of every command that begins with `program`."""
    lines = [(page.name, line) for page in PAGES for line in shell_lines(page)]
    words = [(name, shlex.split(line)) for name, line in lines]
    return [(name, split[1:]) for name, split in words if split[0].rpartition("/")[2] == program]


def test_the_first_command_of_the_readme_is_the_demo() -> None:
    assert next(shell_lines(ROOT / "README.md")) == "make demo"


@pytest.mark.parametrize(("page", "words"), words_after("make"))
def test_a_make_target_exists(page: str, words: list[str]) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert {word for word in words if "=" not in word} <= targets, page


@pytest.mark.parametrize(("page", "words"), words_after("cardwatch"))
def test_a_cardwatch_command_parses(page: str, words: list[str]) -> None:
    context = click.Context(cli.cardwatch)
    if words[0].startswith("-"):
        assert words[0] in ("--help", "--version")
        return
    command = cli.cardwatch.get_command(context, words[0])
    assert command is not None, page
    command.make_parser(click.Context(command)).parse_args(words[1:])


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    assert not [name for name in cli.COMMANDS if f"cardwatch {name}" not in text]


def test_the_reference_is_fresh() -> None:
    assert reference.PAGE.read_text("utf-8") == reference.page(), "run `make docs`"


def hashes() -> dict[str, str]:
    """The SHA-256 of each model that is shipped, by name."""
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in MODELS.glob("*.onnx")}


def test_the_page_on_the_models_is_of_the_files_that_are_shipped() -> None:
    """Of each file its name, its size in MB of a million bytes, and its SHA-256."""
    rows = re.findall(
        r"^\| `([^`]+\.onnx)` \| ([\d.]+ MB) \| `([0-9a-f]+)` \|",
        (ROOT / "docs" / "model.md").read_text("utf-8"),
        re.MULTILINE,
    )
    sizes = {path.name: f"{path.stat().st_size / 1e6:.1f} MB" for path in MODELS.glob("*.onnx")}
    shipped = [(name, sizes[name], digest) for name, digest in hashes().items()]
    assert shipped
    assert sorted(rows) == sorted(shipped), "bring the table in docs/model.md up to date"


def test_the_figures_on_that_page_are_those_that_were_measured() -> None:
    """Those that `python -m training goals --json` wrote of the files that are shipped."""
    written = json.loads((ROOT / "docs" / "model.json").read_text("utf-8"))
    assert written["files"] == hashes()
    rows = [
        re.split(r" *\| *", line.strip("| "))
        for line in (ROOT / "docs" / "model.md").read_text("utf-8").splitlines()
        if line.endswith(("| yes |", "| no |"))
    ]
    shown = {words: (float(measured), reached) for words, _, measured, reached in rows}
    figures = written["figures"]
    assert shown == {
        each["words"]: (round(each["value"], 3), "yes" if each["reached"] else "no") for each in figures
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text("utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]


def extra_keys(path: Path) -> Iterator[str]:
    """The names given as `extra=` to a logging call, and every key of a dict in app/service/events."""
    everything = path.match("app/service/events.py")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        given = [k.value for k in node.keywords if k.arg == "extra"] if isinstance(node, ast.Call) else []
        for found in [node] if everything else given:
            if isinstance(found, ast.Dict):
                yield from (
                    k.value for k in found.keys if isinstance(k, ast.Constant) and isinstance(k.value, str)
                )


def test_every_field_that_is_written_is_in_the_dictionary() -> None:
    modules = [path for package in ("app", "shippers", "elastic") for path in (ROOT / package).rglob("*.py")]
    unknown = {key for path in modules for key in extra_keys(path) if DOTTED.fullmatch(key)} - NAMES
    assert not unknown
