"""The answer of `_bulk` -> a verdict on each line, or on the whole request.

The truth table stands in docs/specs/delivery.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any

FILTER_PATH = (
    "items.*.status",
    "items.*.failure_store",
    "items.*.error.type",
    "items.*.error.reason",
    "items.*.error.caused_by.reason",
)
"""What is asked for of the answer."""


class Verdict(Enum):
    """What becomes of one line."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    RETRY = "retry"
    REFUSED = "refused"


class Remedy(Enum):
    """What makes a time-series stream's refusal of a line go away."""

    UNNAMED = "the stream makes its ids itself"
    LATE = "the line is older or newer than what the stream accepts"


class RequestVerdict(Enum):
    """What the refusal of a request as a whole says of its lines."""

    RETRY = "nothing: the server is busy, or the login or the address is wrong"
    TOO_LARGE = "they are too many, or one of them is too large"
    SPOILT = "one of them spoils the request, if the server takes others"
    DOUBTFUL = "nothing, or that something on the way to the server does not like one of them"


@dataclass(frozen=True, slots=True)
class Answered:
    """HTTP 200: `results` are the items' insides, one per line in the order sent, each with its status."""

    results: Sequence[Mapping[str, Any]]

    @property
    def statuses(self) -> list[int]:
        """The HTTP status of each line."""
        return [result["status"] for result in self.results]


@dataclass(frozen=True, slots=True)
class Rejected:
    """Another HTTP status. `type` is Elasticsearch's error type, None in a body that is not its own.

    `retry_after_s`: for how long the server wants no further request, in seconds.
    """

    status: int
    type: str | None
    reason: str
    retry_after_s: float = 0.0

    @property
    def kind(self) -> str:
        """The error's type, else its status."""
        return self.type or f"HTTP {self.status}"

    @property
    def unknown(self) -> bool:
        """Whether lines may have been taken all the same: a gateway may have given up on a server at work."""
        return self.status >= 500


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer that can be read, for this kind of failure.

    `unknown`: the lines may have been taken all the same.
    """

    kind: str
    reason: str
    unknown: bool


Reply = Answered | Rejected | Unanswered


@dataclass(frozen=True, slots=True)
class Found:
    """The answer to a look-up: the `_id`s that are on the server."""

    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Elasticsearch refused a line: HTTP status of the item, error type and reason."""

    status: int
    type: str
    reason: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """The lines of an answer by verdict: how many were taken, and the numbers of the others."""

    accepted: int
    duplicates: int
    failure_store: int
    retry: tuple[int, ...] = ()
    refused: tuple[tuple[int, Refusal], ...] = ()


def verdict(status: int) -> Verdict:
    """What the status of an item means for its line; `create` was asked for."""
    match status:
        case 409:
            return Verdict.DUPLICATE
        case 401 | 403 | 429:
            return Verdict.RETRY
        case _ if 200 <= status < 300:
            return Verdict.ACCEPTED
        case _ if status >= 500:
            return Verdict.RETRY
        case _:
            return Verdict.REFUSED


def request_verdict(rejected: Rejected) -> RequestVerdict:
    """What the refusal of a whole request says of its lines.

    Elasticsearch itself speaks of the lines in a 400 only. Other words come from a proxy or a firewall, which
    may have read the lines too.
    """
    is_own = rejected.type is not None
    match rejected.status:
        case 413:
            return RequestVerdict.TOO_LARGE
        case 400 if is_own:
            return RequestVerdict.SPOILT
        case 400 | 403 | 406 if not is_own:
            return RequestVerdict.DOUBTFUL
        case status if status >= 500 and not is_own:
            return RequestVerdict.DOUBTFUL
        case _:
            return RequestVerdict.RETRY


_UNNAMED = ("_id must be unset", "in time_series mode")
_LATE = (
    ("is outside of ranges of currently writable indices",),
    ("time series index @timestamp value", "must be larger than"),
    ("time series index @timestamp value", "must be smaller than"),
)


def remedy(refusal: Refusal) -> Remedy | None:
    """How a line that a time-series stream refused can be sent all the same; None for any other refusal.

    Elasticsearch tells these cases by their words alone; those here are of 8.x and 9.x.
    """
    if refusal.status != 400:
        return None
    if all(words in refusal.reason for words in _UNNAMED):
        return Remedy.UNNAMED
    if any(all(words in refusal.reason for words in each) for each in _LATE):
        return Remedy.LATE
    return None


def retry_after_s(header: str | None, now_s: float) -> float:
    """Seconds that a `Retry-After` header asks for (RFC 9110, section 10.2.3); 0 when it says nothing.

    `now_s`: seconds since 1970.
    """
    if not header:
        return 0.0
    if header.strip().isdecimal():
        return float(header)
    try:
        moment = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    return max(moment.timestamp() - now_s, 0.0)


def sort(answer: Answered) -> Sorted:
    """Each item's verdict. Items with status 201 and `failure_store: used` count as accepted."""
    results, statuses = answer.results, answer.statuses
    stored = sum(result.get("failure_store") == "used" for result in results)
    if statuses.count(201) == len(statuses):
        return Sorted(len(statuses), 0, stored)
    verdicts = [verdict(status) for status in statuses]
    return Sorted(
        verdicts.count(Verdict.ACCEPTED),
        verdicts.count(Verdict.DUPLICATE),
        stored,
        tuple(n for n, each in enumerate(verdicts) if each is Verdict.RETRY),
        tuple((n, _refusal(results[n])) for n, each in enumerate(verdicts) if each is Verdict.REFUSED),
    )


def first_error(answer: Answered) -> Refusal:
    """The first item's error that asks for a retry; says in a log line what the trouble is."""
    return next(_refusal(each) for each in answer.results if verdict(each["status"]) is Verdict.RETRY)


def _refusal(result: Mapping[str, Any]) -> Refusal:
    error = result.get("error")
    if not isinstance(error, Mapping):
        return Refusal(int(result["status"]), "unknown", str(error or ""))
    cause = error.get("caused_by") or {}
    reasons = filter(None, (error.get("reason"), cause.get("reason")))
    return Refusal(int(result["status"]), str(error.get("type", "unknown")), ": ".join(map(str, reasons)))
