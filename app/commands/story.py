"""The story of one request, from its events, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from elastic.search import Moment, value

Json = dict[str, Any]
STAGES = ("decode", "preprocess", "queue", "infer", "postprocess")
CHINESE = {"id_card": "身份证", "driving_licence": "驾驶证", "passport": "护照"}
COLOURS = {"success": "green", "failure": "red"}


def story(events: Sequence[Json], gpus: Moment | None = None) -> RenderableType:
    """Heading, facts, the events in order, what the GPUs did, and the error with its stack trace.

    `events` must not be empty; without `gpus` nothing is said of GPUs.
    """
    moment = _gpus(events, gpus) if gpus else ()
    return Group(_heading(events), _facts(events), Text(), _timeline(events), *moment, *_errors(events))


def type_name(card_type: str) -> str:
    """The type with its Chinese name: `id_card 身份证`; a user's own class stays as it is."""
    return f"{card_type} {CHINESE[card_type]}" if card_type in CHINESE else card_type


def milliseconds(nanoseconds: float | None) -> str:
    """A duration in nanoseconds as `38.2 ms`."""
    return "" if nanoseconds is None else f"{nanoseconds / 1e6:.1f} ms"


def _first(events: Sequence[Json], name: str) -> Any:
    """The last known value of a field: the end of a request knows more than its start."""
    return next((found for event in reversed(events) if (found := value(event, name)) is not None), None)


def _heading(events: Sequence[Json]) -> Text:
    outcome = _first(events, "event.outcome") or "not finished"
    ended = " ".join(str(part) for part in (outcome, _first(events, "http.response.status_code")) if part)
    duration = milliseconds(value(events[-1], "event.duration"))
    heading = Text(f"Request {_first(events, 'http.request.id')}  ", style="bold")
    heading.append(ended, style=COLOURS.get(outcome, "yellow"))
    return heading.append(f"  {duration}")


def _facts(events: Sequence[Json]) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, text in _fact_lines(events):
        if text:
            table.add_row(Text(f"  {name}", style="dim"), Text(text))
    return table


def _fact_lines(events: Sequence[Json]) -> Iterator[tuple[str, str]]:
    def words(*names: str) -> str:
        return "  ".join(str(found) for name in names if (found := _first(events, name)) is not None)

    yield "when", str(events[0].get("@timestamp", ""))
    yield (
        "where",
        words("host.name", "service.name", "service.version", "service.environment", "service.node.name"),
    )
    yield "client", words("source.ip", "user_agent.original")
    yield "request", words("http.request.method", "url.path", "http.request.mime_type")
    yield "image", _image(events)
    yield "model", words("card.model.name", "card.model.version", "card.model.provider")
    yield "classifier", words("card.classifier.name", "card.classifier.version", "card.classifier.provider")
    yield "stages", _stages(events)


def _image(events: Sequence[Json]) -> str:
    width, height, size = (_first(events, f"card.image.{name}") for name in ("width", "height", "bytes"))
    sides = f"{width} x {height} px" if width else ""
    kind, digest = _first(events, "card.image.format") or "", _first(events, "card.image.sha256")
    parts = (sides, kind, f"{size:,} bytes" if size else "", f"sha256 {digest[:12]}" if digest else "")
    return "  ".join(part for part in parts if part)


def _stages(events: Sequence[Json]) -> str:
    times = {stage: _first(events, f"card.stage.{stage}.ms") for stage in STAGES}
    return "  ".join(f"{stage} {time:.1f} ms" for stage, time in times.items() if time is not None)


def _timeline(events: Sequence[Json]) -> Table:
    table = Table(box=None, padding=(0, 2), header_style="dim")
    table.add_column("  after", justify="right")
    table.add_column("event")
    table.add_column("what")
    start = _moment(events[0])
    for event in events:
        after = (_moment(event) - start).total_seconds() * 1000
        table.add_row(
            f"{after:.1f} ms", value(event, "event.action", value(event, "log.level", "")), _what(event)
        )
    return table


def _gpus(events: Sequence[Json], gpus: Moment) -> Iterator[RenderableType]:
    """One line for each sample; the time is from the start of the request, negative before it."""
    yield Text()
    if not gpus.samples:
        yield Text(f"  GPU: {gpus.reason}.", style="dim")
        return
    table = Table(box=None, padding=(0, 2), header_style="dim")
    for heading in ("  after", "GPU", "busy", "memory", "heat", "ours"):
        table.add_column(
            heading, justify="right" if heading == "  after" else "left", no_wrap=heading != "GPU"
        )
    start = _moment(events[0])
    for sample in gpus.samples:
        after = (_moment(sample) - start).total_seconds()
        table.add_row(f"{after:+.1f} s", *_gpu_cells(sample))
    yield table


def _gpu_cells(sample: Json) -> Iterator[str]:
    def number(name: str, unit: str) -> str:
        found = value(sample, f"gpu.{name}")
        return "" if found is None else f"{found:,.0f} {unit}"

    used, whole = (number(f"memory.framebuffer.{name}_size", "MiB") for name in ("used", "total"))
    index, model = (value(sample, f"gpu.labels.{name}") for name in ("gpu", "model_name"))
    yield " ".join(str(part) for part in (index, model) if part is not None)
    yield number("utilization.gpu.pct", "%")
    yield f"{used.removesuffix(' MiB')} / {whole}" if used and whole else used
    yield number("temperature.gpu", "°C")
    yield number("processes.own.used_size", "MiB")


def _moment(event: Json) -> datetime:
    return datetime.fromisoformat(event["@timestamp"])


def _what(event: Json) -> Text:
    if value(event, "event.action") != "detection_result":
        return Text(str(event.get("message", "")))
    corners = value(event, "card.quad") or []
    points = " ".join(f"({x:.0f}, {y:.0f})" for x, y in zip(corners[::2], corners[1::2], strict=False))
    return Text(
        f"{type_name(value(event, 'card.type', '?'))}  score {value(event, 'card.score', 0):.3f}  {points}"
    )


def _errors(events: Sequence[Json]) -> Iterator[Text]:
    for event in events:
        if message := value(event, "error.message"):
            named = f"\n{value(event, 'error.code', 'error')}: {message} ({value(event, 'error.type', '')})"
            yield Text(named, style="red")
            if trace := value(event, "error.stack_trace"):
                yield Text(str(trace), style="dim")
