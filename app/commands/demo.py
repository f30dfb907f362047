"""`cardwatch demo`: photographs in, every event found again, counts compared."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import click
import requests
from elasticsearch import ApiError, Elasticsearch, TransportError
from rich.console import Console
from rich.table import Table

from app.commands import stack
from app.commands.client import connect
from app.commands.errors import NoPhotographs, StackFailed
from app.commands.options import settings_options
from app.commands.settings import Settings, load
from app.commands.story import story, type_name
from elastic import search

SAMPLES = Path(__file__).parents[2] / "tests" / "data" / "photos"
SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".bmp"}
BROKEN = "(cut in half)"
START_S, FIND_S, POST_S, STOP_S = 120.0, 60.0, 60.0, 60.0

Json = dict[str, Any]
WIDTH_UNLESS_TERMINAL = 120
console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH_UNLESS_TERMINAL)


@dataclass(frozen=True, slots=True)
class Upload:
    """One photograph that was posted and what came back."""

    name: str
    request_id: str
    status: int
    took_ms: float
    answer: Json

    @property
    def cards(self) -> list[Json]:
        """The cards of the answer; none for an error."""
        found: list[Json] = self.answer.get("cards", [])
        return found


@click.command()
@click.option(
    "--images",
    type=click.Path(path_type=Path),
    default=SAMPLES,
    help="Folder of photographs.  [default: samples]",
)
@click.option("--keep", is_flag=True, help="Leave the stack running.")
@click.option(
    "--ports",
    "choice",
    type=click.Choice(["auto", "fixed"]),
    default="auto",
    show_default=True,
    help="What to do when a port is taken.",
)
@settings_options()
def command(images: Path, keep: bool, choice: str) -> None:
    """See it work: start the stack, post photographs and one broken file, find every event again.

    Exit code 0 when what was sent and what was found agree.
    """
    photographs = _photographs(images)
    settings = _settings(choice)
    with _stack(settings, keep), connect(settings) as client:
        uploads = [_post(settings, name, body) for name, body in _bodies(photographs)]
        console.print(_uploads_table(uploads))
        counts = _counts_when_complete(client, uploads)
        console.print("\nThe full trace of one request, found by its id:\n")
        console.print(story(search.events(client, _most_telling(uploads).request_id)))
        console.print("\nWhat was sent and what was found:\n")
        console.print(_counts_table(counts))
        _say_what_next(settings, uploads, keep)
    if any(sent != found for _, sent, found in counts):
        raise StackFailed("What was sent and what was found do not agree: see the table above.")


def _photographs(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES)
    if not found:
        raise NoPhotographs(f"{folder} holds no photograph ({', '.join(sorted(SUFFIXES))}).")
    return found


def _settings(choice: str) -> Settings:
    settings = load()
    if choice == "auto":
        os.environ.update(stack.pick_ports(settings))
        settings = load()
    stack.claim_ports(settings)
    return settings


@contextmanager
def _stack(settings: Settings, keep: bool) -> Iterator[None]:
    """Runs `cardwatch up` in a process group of its own, its output in HOME/up.log."""
    settings.home.mkdir(parents=True, exist_ok=True)
    log = settings.home / "up.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.commands", "up"], stdout=output, stderr=output, start_new_session=True
        )
    done = False
    try:
        _wait_until_ready(process, settings, log)
        yield
        done = True
    finally:
        if keep and done:
            (settings.home / "up.pid").write_text(f"{process.pid}\n", "utf-8")
        else:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[bytes], settings: Settings, log: Path) -> None:
    with console.status("Starting node, service, shipper and sampler ..."), connect(settings) as client:

        def ready() -> bool:
            if process.poll() is not None:
                raise StackFailed(f"The stack ended while it started; its last lines:\n{_tail(log)}")
            return _service_ready(settings) and _templates_there(client)

        if not _poll(ready, START_S):
            raise StackFailed(
                f"The stack was not ready within {START_S:.0f} s; its last lines:\n{_tail(log)}"
            )


def _service_ready(settings: Settings) -> bool:
    try:
        return requests.get(f"{_service(settings)}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _templates_there(client: Elasticsearch) -> bool:
    try:
        return bool(client.indices.exists_index_template(name="cardwatch-logs"))
    except (ApiError, TransportError):
        return False


def _service(settings: Settings) -> str:
    return f"http://{settings.serve.host}:{settings.serve.port}"


def _poll(condition: Callable[[], bool], limit_s: float) -> bool:
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-lines:])


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_S)


def _bodies(photographs: Sequence[Path]) -> Iterator[tuple[str, bytes]]:
    """Every photograph, and one broken file in any case."""
    for path in photographs:
        yield path.name, path.read_bytes()
    if not any(path.stem == "broken" for path in photographs):
        body = photographs[0].read_bytes()
        yield BROKEN, body[: len(body) // 2]


def _post(settings: Settings, name: str, body: bytes) -> Upload:
    start = time.perf_counter()
    reply = requests.post(
        f"{_service(settings)}/v1/detect", files={"image": ("photograph", body)}, timeout=POST_S
    )
    took_ms = (time.perf_counter() - start) * 1000
    return Upload(name, reply.headers["X-Request-ID"], reply.status_code, took_ms, reply.json())


def _uploads_table(uploads: Sequence[Upload]) -> Table:
    table = Table(box=None, header_style="bold")
    for heading in ("photograph", "request id", "status", "cards", "ms"):
        table.add_column(heading, no_wrap=heading == "request id", overflow="fold")
    for upload in uploads:
        found = ", ".join(f"{type_name(card['type'])} {card['score']:.2f}" for card in upload.cards)
        said = upload.answer.get("code", "") if upload.status != 200 else found or "none"
        table.add_row(upload.name, upload.request_id, str(upload.status), said, f"{upload.took_ms:.0f}")
    return table


def _most_telling(uploads: Sequence[Upload]) -> Upload:
    return max(uploads, key=lambda upload: len(upload.cards))


def _counts_when_complete(client: Elasticsearch, uploads: Sequence[Upload]) -> list[tuple[str, int, int]]:
    """(what, sent, found), as soon as they agree or when FIND_S has passed."""
    ids = [upload.request_id for upload in uploads]
    sent = {
        "request_start": len(uploads),
        "request_success": sum(upload.status == 200 for upload in uploads),
        "request_failure": sum(upload.status != 200 for upload in uploads),
        "detection_result": sum(len(upload.cards) for upload in uploads),
    }

    def counts() -> list[tuple[str, int, int]]:
        return [(action, number, _found(client, ids, action)) for action, number in sent.items()]

    with console.status("Waiting until every event is searchable ..."):
        _poll(lambda: all(number == found for _, number, found in counts()), FIND_S)
    return counts()


def _found(client: Elasticsearch, ids: Sequence[str], action: str) -> int:
    """How many are searchable; a data stream whose first shard still starts answers 503."""
    try:
        return search.count(client, ids, action)
    except ApiError as error:
        if error.status_code != HTTPStatus.SERVICE_UNAVAILABLE:
            raise
        return 0


def _counts_table(counts: Sequence[tuple[str, int, int]]) -> Table:
    table = Table("event", "sent", "found", "", box=None, header_style="bold")
    for action, sent, found in counts:
        table.add_row(action, str(sent), str(found), "agrees" if sent == found else "[red]differs[/red]")
    return table


def _say_what_next(settings: Settings, uploads: Sequence[Upload], keep: bool) -> None:
    if not keep:
        console.print("\nThe stack is being stopped; `make demo KEEP=1` or `cardwatch up` leaves it running.")
        console.print("Then try by hand:")
    else:
        console.print("\nThe stack is left running. Try by hand:")
    request_id = _most_telling(uploads).request_id
    console.print(f"  service   {_service(settings)}/health   {_service(settings)}/metrics", soft_wrap=True)
    console.print(f"  node      {settings.server}/logs-card.*/_search", soft_wrap=True)
    console.print(f"  upload    curl -F image=@PHOTO.jpg {_service(settings)}/v1/detect", soft_wrap=True)
    console.print(
        f"  search    cardwatch search {request_id} --elasticsearch {settings.server}", soft_wrap=True
    )
    if keep:
        console.print(f"  stop      kill $(cat {settings.home / 'up.pid'})", soft_wrap=True)
