"""Every setting as a command-line flag.

A flag that was given is written to the process's environment: so it wins over what stood there, and the
processes that a command starts see it too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from app.commands.settings import CONFIG, PREFIX, Settings
from app.detection.settings import DetectionSettings

SECTIONS = ("serve", "ship", "node")

Function = Callable[..., Any]


def settings_options(
    section: str | None = None, *, detection: bool = False
) -> Callable[[Function], Function]:
    """Decorates a command with the flags of the shared settings, of `section` and of the detector."""
    own = [_option(name, field, section) for name, field in section_fields(section)] if section else []
    model = [_option(name, field) for name, field in detection_fields()] if detection else []
    shared = [_option(name, field) for name, field in shared_fields()]

    def decorate(function: Function) -> Function:
        for option in reversed([*own, *model, _config_option, *shared]):
            function = option(function)
        return function

    return decorate


def section_fields(section: str) -> Iterator[tuple[str, FieldInfo]]:
    """(name, field) of the settings of one part: `serve`, `ship` or `node`."""
    model = Settings.model_fields[section].annotation
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def detection_fields() -> Iterator[tuple[str, FieldInfo]]:
    """(name, field) of the detector's settings."""
    yield from DetectionSettings.model_fields.items()


def shared_fields() -> Iterator[tuple[str, FieldInfo]]:
    """(name, field) of the settings that every command has."""
    for name, field in Settings.model_fields.items():
        if name not in SECTIONS and name not in DetectionSettings.model_fields:
            yield name, field


def environment_name(name: str, field: FieldInfo, section: str | None = None) -> str:
    """The environment variable of a setting; a secret's names the file that holds it."""
    parts = [part for part in (section, name) if part]
    return PREFIX + "_".join(parts).upper() + ("_FILE" if is_secret(field) else "")


def flag(name: str, field: FieldInfo) -> str:
    """The command-line flag of a setting; a secret's takes the file that holds it."""
    return "--" + name.replace("_", "-") + ("-file" if is_secret(field) else "")


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting is a secret: it is read from a file, never taken from the command line."""
    return SecretStr.__name__ in str(field.annotation)


def default_text(field: FieldInfo) -> str:
    """The default as a person reads it; empty where there is none."""
    if field.default is None:
        return ""
    return field.default.name if isinstance(field.default, Path) else str(field.default)


def _option(name: str, field: FieldInfo, section: str | None = None) -> Callable[[Function], Function]:
    default = default_text(field)
    return click.option(
        flag(name, field),
        expose_value=False,
        callback=_remember(environment_name(name, field, section)),
        metavar=_metavar(field),
        help=(field.description or "") + (f"  [default: {default}]" if default else ""),
    )


def _config_option(function: Function) -> Function:
    return click.option(
        "--config",
        expose_value=False,
        callback=_remember(CONFIG),
        metavar="PATH",
        help="TOML file with settings.  [default: cardwatch.toml]",
    )(function)


def _remember(name: str) -> Callable[[click.Context, click.Parameter, str | None], None]:
    def remember(ctx: click.Context, param: click.Parameter, given: str | None) -> None:
        if given is not None:
            os.environ[name] = given

    return remember


def _metavar(field: FieldInfo) -> str:
    if is_secret(field) or "Path" in str(field.annotation):
        return "PATH"
    return "N" if field.annotation in (int, float) else "TEXT"
