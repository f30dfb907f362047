"""A file of samples against its time series, whose ids are the server's own: counted by host and time."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from shippers.audit.lines import texts
from shippers.census import Census
from shippers.streams import late


@dataclass(slots=True)
class Span:
    """Samples of one host: how many, the `@timestamp` of the first and of the last as text."""

    samples: int
    first: str
    last: str


def spans(file: BinaryIO, limit: int, without: Container[int]) -> dict[str | None, Span]:
    """`host.name` -> its samples before `limit`; None: those that name no host.

    Times are compared as text, so all must be written in one form and zone, as Cardwatch's samplers do.
    Lines at the offsets `without`, and those that no server would take, are left out.
    """
    found: dict[str | None, Span] = {}
    for line in texts(file, limit, without):
        sample = _parsed(line)
        at = sample.get("@timestamp")
        if isinstance(at, str):
            span = found.setdefault(_host(sample), Span(0, at, at))
            span.samples += 1
            span.first, span.last = min(span.first, at), max(span.last, at)
    return found


def compared(stream: str, hosts: dict[str | None, Span], census: Census) -> tuple[int, int]:
    """How many documents there are of these hosts and times, and how many are missing, host by host.

    More than there are samples hide nothing of another host; those of other writers on the same may.
    """
    there = missing = 0
    for host, span in hosts.items():
        found = census.between([stream, late(stream)], span.first, span.last, host)
        there += found
        missing += max(span.samples - found, 0)
    return there, missing


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        sample = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return sample if isinstance(sample, dict) else {}


def _host(sample: dict[str, Any]) -> str | None:
    host = sample.get("host")
    name = host.get("name") if isinstance(host, dict) else sample.get("host.name")
    return name if isinstance(name, str) else None
