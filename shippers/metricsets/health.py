"""GET /health of each service: its status, the failing checks, and how long it took."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import orjson

from shippers.metricsets.document import Fields, Reading, Trouble
from shippers.metricsets.probe import Answer, ProbeFailed, Prober
from shippers.metricsets.settings import SamplerSettings

PATH: Final = "/health"
_AT_ONCE: Final = 16
_NAMES: Final = 32
_STATUSES: Final = ("ok", "degraded", "failing")


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe: the document, and the trouble if the service does not do its work."""

    url: str
    fields: Fields
    trouble: Trouble | None


class Health:
    """Probes every service of the settings, several at once, so that one that hangs delays no other."""

    def __init__(self, settings: SamplerSettings) -> None:
        self._settings = settings
        self._pool: ThreadPoolExecutor | None = None
        self._answered: set[str] = set()
        self._probers = {url: Prober(url) for url in settings.urls}

    def read(self) -> Reading:
        """A document for each service."""
        urls = self._settings.urls
        probes = [self._probe(urls[0])] if len(urls) == 1 else list(self._threads().map(self._probe, urls))
        troubles = {one.url: one.trouble for one in probes if one.trouble is not None}
        return Reading([one.fields for one in probes], troubles)

    def close(self) -> None:
        """Ends the threads."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    def _threads(self) -> ThreadPoolExecutor:
        if self._pool is None:
            self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="probe")
        return self._pool

    def _level(self, url: str) -> int:
        """A service that never answered may still be starting."""
        return logging.WARNING if url in self._answered else logging.INFO

    def _probe(self, url: str) -> Probe:
        began_s = time.monotonic()
        try:
            answer = self._probers[url].get(PATH, self._settings.timeout_s, self._settings.answer_bytes)
            said = _said(answer)
        except ProbeFailed as error:
            return _failed(url, time.monotonic() - began_s, error, self._level(url))
        self._answered.add(url)
        return _answered(url, time.monotonic() - began_s, answer.status, said)


def _said(answer: Answer) -> Mapping[str, Any]:
    """The body of /health.

    Raises:
        ProbeFailed: it is not one.
    """
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict) or body.get("status") not in _STATUSES:
        raise ProbeFailed("probe_no_health", f"HTTP {answer.status} without a health report")
    return body


def _common(url: str, took_s: float) -> Fields:
    return {
        "metricset.name": "health",
        "service.address": url,
        "event.duration": int(took_s * 1e9),
        "card.health.latency.ms": round(took_s * 1000, 3),
    }


def _failed(url: str, took_s: float, error: ProbeFailed, level: int) -> Probe:
    fields: Fields = {
        **_common(url, took_s),
        "event.outcome": "failure",
        "card.health.status": "unreachable",
        "card.health.up": 0,
        "error.code": error.code,
        "error.message": str(error),
    }
    sentence = f"{url}{PATH} does not answer: {error}."
    return Probe(url, fields, Trouble(error.code, sentence, f"{url}{PATH} answers.", level))


def _answered(url: str, took_s: float, status: int, said: Mapping[str, Any]) -> Probe:
    failing = _names(said.get("failing"))
    works = said["status"] != "failing"
    fields: Fields = {
        **_common(url, took_s),
        "event.outcome": "success" if works else "failure",
        "http.response.status_code": status,
        "card.health.status": said["status"],
        "card.health.up": int(works),
        "card.health.failing": failing,
        "card.health.fallback": said.get("fallback") is True,
        "card.health.uptime_s": _number(said.get("uptime_s")),
        "card.model.provider": _text(said.get("provider")),
        "card.model.name": _text(_member(said.get("model"), "name")),
        "card.model.version": _text(_member(said.get("model"), "version")),
        "card.classifier.name": _text(_member(said.get("classifier"), "name")),
        "card.classifier.version": _text(_member(said.get("classifier"), "version")),
        "card.classifier.provider": _text(_member(said.get("classifier"), "provider")),
    }
    if said["status"] == "ok":
        return Probe(url, fields, None)
    why = ", ".join(failing) or ("a model fell back to another provider" if said.get("fallback") else "?")
    sentence = f"{url} reports that it is {said['status']}: {why}."
    return Probe(url, fields, Trouble(f"service_{said['status']}", sentence, f"{url} is well again."))


def _names(value: object) -> list[str]:
    return [name[:64] for name in value if isinstance(name, str)][:_NAMES] if isinstance(value, list) else []


def _member(value: object, name: str) -> object:
    return value.get(name) if isinstance(value, dict) else None


def _text(value: object) -> str | None:
    return value[:256] if isinstance(value, str) else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
