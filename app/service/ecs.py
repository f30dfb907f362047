"""A log record -> one line of JSON in the Elastic Common Schema.

Goes beyond ecs_logging's own formatter: only the fields of the dictionary, each of its type; nested objects
throughout; NaN as null; the whole chain of exceptions, bounded; no extra can raise or lose the record; every
text redacted; microseconds; and several times as fast.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from logging import LogRecord
from typing import Any

import ecs_logging
import orjson

from app.service.fields import ECS_VERSION, FIELDS, Kind
from app.service.redaction import redact

current_request: ContextVar[str | None] = ContextVar("current_request", default=None)
"""Id of the request that this thread serves; joins every line it logs to the request's events."""

FIELDS_ATTRIBUTE = "ecs_fields"
"""The extra that may hold all fields in one dict, which logging carries faster than many extras."""

TEXT_CHARS = 4096
TRACE_CHARS = 32_768
LIST_ITEMS = 100
FRAMES = 60
_LONGEST_SECRET = 64
_SHORT_CHARS = 128
_INT64 = 2**63

# What the formatter writes itself; extras of these names are not taken.
_OWN = frozenset(
    name
    for name in FIELDS
    if name.startswith(("@timestamp", "ecs.", "message", "service.", "host.", "process.", "log."))
    or name in ("event.kind", "event.dataset")
)


@dataclass(frozen=True, slots=True)
class ServiceIdentity:
    """Which process writes the lines: ECS service.name, .version, .environment and .node.name."""

    name: str
    version: str
    environment: str
    node_name: str


class EcsFormatter(ecs_logging.StdlibFormatter):
    """Formats records for one data stream.

    Args:
        dataset: the stream's dataset, such as `card.request`; written as event.dataset.
        service: who writes.
        host: name of the machine.
    """

    def __init__(self, dataset: str, service: ServiceIdentity, host: str) -> None:
        super().__init__()
        self._dataset = dataset
        standing = {
            "ecs": {"version": ECS_VERSION},
            "service": {
                "name": service.name,
                "version": service.version,
                "environment": redact(service.environment),
                "node": {"name": redact(service.node_name)},
            },
            "host": {"name": redact(host)},
        }
        self._standing = b"," + orjson.dumps(standing)[1:-1] + b"}\n"

    def format(self, record: LogRecord) -> str:
        """The line without its end, as text."""
        return self.format_line(record)[:-1].decode()

    def format_line(self, record: LogRecord) -> bytes:
        """The whole line, UTF-8 with its end. Never raises for what a record may hold."""
        fields = self.format_to_ecs(record)
        try:
            body = orjson.dumps(fields)
        except TypeError:  # half a surrogate pair, which is no text
            body = orjson.dumps(_encodable(fields))
        return body[:-1] + self._standing

    def format_to_ecs(self, record: LogRecord) -> dict[str, Any]:
        """The nested fields of `record`, less those that are the same in every line."""
        event: dict[str, Any] = {"kind": "event", "dataset": self._dataset}
        fields: dict[str, Any] = {
            "@timestamp": timestamp(record.created),
            "log": {"level": record.levelname.lower(), "logger": record.name},
            "message": redacted_sentence(record),
            "event": event,
            "process": {"pid": record.process, "thread": {"name": _text(record.threadName)}},
        }
        attributes = record.__dict__
        _put_extras({"": fields, "event": event}, attributes.get(FIELDS_ATTRIBUTE) or attributes)
        if (request_id := current_request.get()) is not None:
            fields.setdefault("http", {}).setdefault("request", {}).setdefault("id", request_id)
        if record.exc_info:
            _put_error(fields, record.exc_info)
        elif record.stack_info:
            fields.setdefault("error", {})["stack_trace"] = bounded(record.stack_info, TRACE_CHARS)
        return fields


def timestamp(created_s: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC with microseconds."""
    seconds, microseconds = divmod(round(created_s * 1_000_000), 1_000_000)
    return f"{_second(seconds)}.{microseconds:06d}Z"


@lru_cache(maxsize=16)
def _second(unix_s: int) -> str:
    return f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%dT%H:%M:%S}"


def redacted_sentence(record: LogRecord) -> str:
    """The record's own sentence as it may be shown."""
    try:
        return _text(record.getMessage())
    except Exception:  # noqa: BLE001 - arguments that do not fit their sentence must not lose the record
        return _text(record.msg)


# Values, each as its field's type takes it; null where it cannot be one


def _text(value: object) -> str:
    if type(value) is not str:
        value = _readable(value)
    return _short(value) if len(value) <= _SHORT_CHARS else bounded(value, TEXT_CHARS)


_short = lru_cache(maxsize=4096)(
    redact
)  # most texts come again: paths, agents, ids in the events of a request


def bounded(text: str, most_chars: int) -> str:
    """`text` redacted and cut; a number that the cut would split goes as a whole."""
    if len(text) <= most_chars:
        return redact(text)
    return redact(text[: most_chars + _LONGEST_SECRET])[:-_LONGEST_SECRET][:most_chars]


def _readable(value: object) -> str:
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a value that cannot print itself must not lose the record
        return f"<{type(value).__name__}>"


def _long(value: Any) -> int | None:
    if type(value) is int and -_INT64 <= value < _INT64:
        return value
    number = _double(value)
    return int(number) if number is not None and -_INT64 <= number < _INT64 else None


def _double(value: Any) -> float | None:
    if type(value) is float:
        return value  # orjson writes NaN and infinities as null
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _flattened(value: object) -> dict[str, int | str | None] | None:
    """Names that nobody knows beforehand, each with a whole number or a text."""
    if not isinstance(value, Mapping):
        return None
    first = islice(value.items(), LIST_ITEMS)
    return {_text(name): _long(each) if isinstance(each, int) else _text(each) for name, each in first}


_CONVERT: Mapping[Kind, Callable[[Any], Any]] = {
    "keyword": _text,
    "text": _text,
    "date": _text,
    "ip": _text,
    "long": _long,
    "double": _double,
    "boolean": bool,
    "flattened": _flattened,
}

# name -> (name of the object that holds it, last part of the name, conversion)
_PLACES = {
    name: (*name.rpartition(".")[::2], _CONVERT[kind]) for name, kind in FIELDS.items() if name not in _OWN
}
# name of an object -> (name of the object that holds it, last part of the name)
_OBJECTS = {
    name[:end]: name[:end].rpartition(".")[::2]
    for name in _PLACES
    for end, character in enumerate(name)
    if character == "."
}


def _put_extras(objects: dict[str, dict[str, Any]], extras: Mapping[str, Any]) -> None:
    """Puts the known fields among `extras`, dotted or nested, into the objects; leaves the others out."""
    for name, value in extras.items():
        place = _PLACES.get(name)
        if place is None:
            if name in _OBJECTS and isinstance(value, Mapping):
                _put_extras(objects, {f"{name}.{key}": inner for key, inner in value.items()})
        elif value is not None:
            parent, leaf, convert = place
            holder = objects.get(parent)
            if holder is None:
                holder = _object(objects, parent)
            kind = type(value)
            if kind is str and convert is _text and len(value) <= _SHORT_CHARS:
                holder[leaf] = _short(value)  # most values, without a call between
            elif kind is list or kind is tuple:
                holder[leaf] = [convert(item) for item in value[:LIST_ITEMS]]
            else:
                holder[leaf] = convert(value)


def _object(objects: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """A new object of that dotted name, within its parents, which are made where they are not there."""
    parent, leaf = _OBJECTS[name]
    holder = objects.get(parent)
    if holder is None:
        holder = _object(objects, parent)
    made: dict[str, Any] = {}
    holder[leaf] = objects[name] = made
    return made


# Exceptions


def _put_error(fields: dict[str, Any], exc_info: Any) -> None:
    error = exc_info[1] if isinstance(exc_info, tuple) else None
    if error is None:
        return
    own = fields.setdefault("error", {})
    own.setdefault("type", error_type(error))
    own.setdefault("message", _text(error))
    own.setdefault("stack_trace", bounded(stack_trace(error), TRACE_CHARS))


def error_type(error: BaseException) -> str:
    """The class of an exception with its module, as ECS error.type."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def stack_trace(error: BaseException) -> str:
    """The traceback with its chained causes and the exception's own line; its middle left out if too long."""
    try:
        text = "".join(traceback.TracebackException.from_exception(error, limit=-FRAMES).format())
    except Exception:  # noqa: BLE001 - an exception that cannot be printed is still named
        return f"{error_type(error)}: <its text cannot be read>"
    if len(text) <= TRACE_CHARS:
        return text
    half = TRACE_CHARS // 2 - _LONGEST_SECRET
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {key: _encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return value
