"""What the command line says when something goes wrong.

CommandError             command_error
├── PortTaken            port_taken          another process listens there
├── StackFailed          stack_failed        a process of the stack ended or did not get ready
├── NoPhotographs        no_photographs      the folder holds none
└── UnusableSettings     unusable_settings   no client can be made from them
"""

from __future__ import annotations

from collections.abc import Iterator
from tomllib import TOMLDecodeError

from pydantic import ValidationError


class CommandError(Exception):
    """Base of them all; `code` is stable."""

    code = "command_error"


class PortTaken(CommandError):
    """Another process listens on a port that a part needs."""

    code = "port_taken"


class StackFailed(CommandError):
    """A process of the local stack ended by itself or did not get ready in time."""

    code = "stack_failed"


class NoPhotographs(CommandError):
    """The folder given to the demo holds no photograph."""

    code = "no_photographs"


class UnusableSettings(CommandError):
    """Each setting is right by itself, but no client for Elasticsearch can be made from them together."""

    code = "unusable_settings"


def known_sentence(error: Exception) -> str | None:
    """The sentence for an error that is ours (it has a `code`), Elasticsearch's, a file's; None for a bug."""
    from elasticsearch import ApiError, AuthenticationException, AuthorizationException, TransportError

    if hasattr(error, "code") and isinstance(getattr(error, "code", None), str):
        return f"{error} [{error.code}]"
    if isinstance(error, AuthenticationException):
        return "The server asks for a login: give --elasticsearch-api-key-file, or user and password files."
    if isinstance(error, AuthorizationException):
        return f"The key or the user may not do this: docs/operations.md lists the privileges. {error}"
    if isinstance(error, TransportError):
        return f"No answer from Elasticsearch ({error.message}). `cardwatch up` starts a local one."
    if isinstance(error, TOMLDecodeError):
        return f"The settings file is not valid TOML: {error}"
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename} cannot be used: {error.strerror}."
    if isinstance(error, ApiError):
        return f"Elasticsearch refused the request: {error}"
    return None


def reload_sentence(error: OSError | ValueError | CommandError) -> str:
    """What is wrong with settings that were read anew."""
    if isinstance(error, ValidationError):
        return " ".join(settings_sentences(error))
    return known_sentence(error) or f"They cannot be read: {error}"


def settings_sentences(error: ValidationError) -> Iterator[str]:
    """One sentence for each setting that is wrong, named as in the environment."""
    for problem in error.errors():
        name = "_".join(str(part) for part in problem["loc"]).upper()
        reason = problem["msg"].removeprefix("Value error, ")
        yield f"The setting CARDWATCH_{name} is wrong: {reason} (given: {problem['input']!r})."
