"""The shipper's own counters for others: as Prometheus metrics and as fields of a log line.

The metrics' names and labels are those of Vector's component specification
(vectordotdev/vector, docs/specs/component.md); what it has no name for begins with `cardwatch_ship_`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from shippers.counters import Counters

LOOPBACK = "127.0.0.1"
SOURCE = {"component_id": "files", "component_kind": "source", "component_type": "file"}
SINK = {"component_id": "elasticsearch", "component_kind": "sink", "component_type": "elasticsearch"}

Close = Callable[[], None]


class Exposition(Collector):
    """The counters as they stand when they are asked for.

    Args:
        counters: those of the pipeline.
        waiting_bytes: gives the bytes in files that are not settled.
    """

    def __init__(self, counters: Counters, waiting_bytes: Callable[[], int]) -> None:
        self._counters, self._waiting_bytes = counters, waiting_bytes

    def collect(self) -> Iterator[CounterMetricFamily | GaugeMetricFamily]:
        """Every metric."""
        seen = self._counters
        yield _total("component_received_events", "Lines read from files.", seen.read, SOURCE)
        yield _total("component_received_event_bytes", "Their bytes.", seen.read_bytes, SOURCE)
        yield _total("component_received_bytes", "Bytes taken from files.", seen.read_bytes, SOURCE)
        yield _total("component_sent_events", "Lines acknowledged.", seen.acknowledged, SINK)
        yield _total("component_sent_event_bytes", "Their bytes.", seen.acknowledged_bytes, SINK)
        yield _total("component_sent_bytes", "Bytes of request bodies, compressed.", seen.sent_bytes, SINK)
        yield _by_label(
            "component_discarded_events", "Lines put into quarantine.", "reason", dict(seen.quarantined),
            SINK | {"intentional": "false"},
        )  # fmt: skip
        yield _by_label(
            "component_errors", "Requests that did not settle all their lines.", "error_type",
            dict(seen.errors), SINK | {"stage": "sending"},
        )  # fmt: skip
        yield _by_label(
            "cardwatch_ship_lost_bytes", "Bytes of files that can never be read.", "reason",
            dict(seen.lost_bytes), SOURCE,
        )  # fmt: skip
        for name, (meaning, value) in _own(seen).items():
            yield _total(f"cardwatch_ship_{name}", meaning, value, {})
        yield _gauge("cardwatch_ship_in_flight_events", "Lines read and not settled.", seen.pending)
        yield _gauge("cardwatch_ship_waiting_bytes", "Bytes in files not settled yet.", self._waiting_bytes())


def serve(port: int, exposition: Exposition) -> Close:
    """Serves `/metrics` on loopback in a thread of its own; returns what ends it.

    Raises:
        OSError: the port is taken.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(exposition)
    server, thread = start_http_server(port, LOOPBACK, registry)

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return close


def fields(counters: Counters) -> dict[str, int | dict[str, int]]:
    """The counters as fields of an event; those that Prometheus has by a label as objects too, if any."""
    seen = {
        "received_events": counters.read,
        "sent_events": counters.acknowledged,
        "sent_bytes": counters.sent_bytes,
        "discarded_events": counters.quarantined.total(),
        "in_flight_events": counters.pending,
        "errors": counters.errors.total(),
        "lost_bytes": counters.lost_bytes.total(),
    } | {name: value for name, (_, value) in _own(counters).items()}
    split = {
        "discarded_events_by_reason": dict(counters.quarantined),
        "errors_by_type": dict(counters.errors),
        "lost_bytes_by_reason": dict(counters.lost_bytes),
    }
    given = {name: value for name, value in split.items() if value}
    return {f"card.ship.{name}": value for name, value in (seen | given).items()}


def _own(seen: Counters) -> dict[str, tuple[str, int]]:
    return {
        "requests": ("Bulk requests made.", seen.requests),
        "duplicate_events": ("Acknowledged lines that were there already.", seen.duplicates),
        "looked_up_events": ("Lines looked for on the server before they were sent.", seen.looked_up),
        "failure_store_events": ("Lines that the server keeps in its failure store.", seen.failure_store),
        "late_events": ("Samples that came too late for their time series.", seen.late),
        "retried_events": ("Lines sent again, each time counted.", seen.retries),
        "unwritten_events": ("Quarantined lines that a full quarantine only counted.", seen.unwritten),
    }


def _total(name: str, meaning: str, value: int, labels: dict[str, str]) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=list(labels))
    family.add_metric(list(labels.values()), value)
    return family


def _by_label(
    name: str, meaning: str, label: str, values: dict[str, int], labels: dict[str, str]
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, meaning, labels=[*labels, label])
    for each, value in values.items():
        family.add_metric([*labels.values(), each], value)
    return family


def _gauge(name: str, meaning: str, value: int) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value=value)
