"""`cardwatch ship` as a process: signals, its own counters, several nodes of a cluster."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.bulk_proxy import Memory, Proxy, Reset, Status, running
from tests.e2e.stacks import environment, poll
from tests.servers import Server, free_port
from tests.stand_in import Connection, StandIn, serving

LIMIT_S = 30.0


class Shipper:
    """The process, and where its counters are."""

    def __init__(self, process: subprocess.Popen[bytes], variables: dict[str, str]) -> None:
        self.process = process
        self.home = Path(variables["CARDWATCH_HOME"])
        self.url = f"http://127.0.0.1:{variables['CARDWATCH_SHIP_METRICS_PORT']}/metrics"

    def counter(self, name: str) -> float | None:
        """The sum of a counter over its labels; None while it is not served."""
        with contextlib.suppress(requests.ConnectionError):
            text = requests.get(self.url, timeout=5).text
            samples = [s for family in text_string_to_metric_families(text) for s in family.samples]
            return sum(s.value for s in samples if s.name == name)
        return None

    def log(self) -> str:
        """What it logged."""
        path = self.home / "log" / "service.ndjson"
        return path.read_text("utf-8") if path.exists() else ""


@contextlib.contextmanager
def ship(home: Path, *proxies: Proxy, **settings: str) -> Iterator[Shipper]:
    """`cardwatch ship` against these nodes, or those of the settings; ended after the block."""
    urls = ", ".join(proxy.url for proxy in proxies)
    chosen = {"CARDWATCH_SHIP_BACKOFF_FIRST_S": "0.05", "CARDWATCH_SHIP_BACKOFF_CAP_S": "0.2"} | settings
    named = {"CARDWATCH_ELASTICSEARCH": urls} if proxies else {}
    variables = environment(home, **named, **chosen)
    process = subprocess.Popen([sys.executable, "-m", "app.commands", "ship"], env=variables)
    try:
        yield Shipper(process, variables)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.wait(LIMIT_S)
        finally:
            process.kill()


def write(home: Path, first: int, lines: int) -> None:
    path = home / "log" / "request.ndjson"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(
            b"".join(
                b'{"@timestamp":"2026-11-23T03:12:45Z","n":%d}\n' % n for n in range(first, first + lines)
            )
        )


def count(store: Memory, namespace: str = "default") -> int:
    return sum(stream == f"logs-card.request-{namespace}" for stream, _ in list(store.documents))


def test_its_counters_are_served_and_say_what_became_of_the_lines(home: Path) -> None:
    store = Memory()
    write(home, 0, 500)
    with (home / "log" / "request.ndjson").open("ab") as file:
        file.write(b"not json\n")
    with running(store) as proxy, ship(home, proxy) as shipper:
        assert poll(lambda: count(store) == 500, LIMIT_S)
        assert poll(lambda: (shipper.counter("component_sent_events_total") or 0) >= 500, LIMIT_S)
        assert poll(lambda: shipper.counter("cardwatch_ship_in_flight_events") == 0, LIMIT_S)
        assert shipper.counter("component_discarded_events_total") == 1
        assert shipper.counter("component_received_bytes_total") == shipper.counter(
            "component_received_event_bytes_total"
        )
        assert shipper.counter("component_received_bytes_total")
        read, sent = shipper.counter("component_received_events_total"), count(store)
        assert read
        assert read >= sent + 1
    reports = [line for line in shipper.log().splitlines() if '"ship_report"' in line]
    counted = json.loads(reports[-1])["card"]["ship"]
    assert counted["discarded_events"] == 1
    assert counted["discarded_events_by_reason"] == {"not_an_object": 1}


def test_hangup_reads_the_settings_anew_and_loses_nothing(home: Path) -> None:
    store = Memory()
    write(home, 0, 50)
    toml = home / "cardwatch.toml"
    with running(store) as proxy:
        toml.write_text('namespace = "first"\n')
        settings = {"CARDWATCH_CONFIG": str(toml)}
        with ship(home, proxy, **settings) as shipper:
            assert poll(lambda: len(store.documents) >= 50, LIMIT_S)
            toml.write_text("namespace = 1\n")
            shipper.process.send_signal(signal.SIGHUP)
            assert poll(lambda: "old ones stay in force" in shipper.log(), LIMIT_S)
            toml.write_text('namespace = "second"\n')
            shipper.process.send_signal(signal.SIGHUP)
            assert poll(lambda: "Settings read anew" in shipper.log(), LIMIT_S)
            write(home, 50, 50)
            assert poll(lambda: "logs-card.request-second" in {s for s, _ in list(store.documents)}, LIMIT_S)
        assert shipper.process.returncode == 0
    lines = [line for (stream, _), line in store.documents.items() if ".request-" in stream]
    assert len(lines) == len(set(lines)) == 100


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("namespace = ", "not valid TOML"),
        ('elasticsearch_ca_file = "ca.pem"\n', "a CA certificate is for https"),
        (
            'elasticsearch = "https://127.0.0.1:9"\nelasticsearch_ca_file = "none.pem"\n',
            "none.pem cannot be used",
        ),
        ('elasticsearch = "http://127.0.0.1"\n', "No connection can be made"),
        ("[ship]\nbatch_lines = 0\n", "CARDWATCH_SHIP_BATCH_LINES"),
    ],
)
def test_a_hangup_with_settings_that_are_wrong_changes_nothing(home: Path, toml: str, said: str) -> None:
    store, path = Memory(), home / "cardwatch.toml"
    write(home, 0, 10)
    with running(store) as proxy:
        good = f'elasticsearch = "{proxy.url}"\n'
        path.write_text(good)
        with ship(home, CARDWATCH_CONFIG=str(path)) as shipper:
            assert poll(lambda: count(store) == 10, LIMIT_S)
            path.write_text(toml if "elasticsearch =" in toml else good + toml)
            shipper.process.send_signal(signal.SIGHUP)
            assert poll(lambda: said in shipper.log(), LIMIT_S), shipper.log()
            assert "old ones stay in force" in shipper.log()
            write(home, 10, 10)
            assert poll(lambda: count(store) == 20, LIMIT_S)
        assert shipper.process.returncode == 0


def test_a_hangup_whose_secret_file_is_gone_changes_nothing(home: Path) -> None:
    store, key = Memory(), home / "key"
    write(home, 0, 10)
    key.write_text("a2V5")
    with running(store) as proxy, ship(home, proxy, CARDWATCH_ELASTICSEARCH_API_KEY_FILE=str(key)) as shipper:
        assert poll(lambda: count(store) == 10, LIMIT_S)
        key.unlink()
        shipper.process.send_signal(signal.SIGHUP)
        assert poll(lambda: "old ones stay in force" in shipper.log(), LIMIT_S)
        assert str(key) in shipper.log()
        write(home, 10, 10)
        assert poll(lambda: count(store) == 20, LIMIT_S)


def opened(pipe: Path) -> int:
    """The writing end of a named pipe, once somebody reads it."""
    found: list[int] = []

    def is_read() -> bool:
        with contextlib.suppress(OSError):
            found.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        return bool(found)

    assert poll(is_read, LIMIT_S)
    return found[0]


def give(descriptor: int) -> None:
    os.write(descriptor, b"a2V5")
    os.close(descriptor)


def test_a_hangup_while_the_settings_are_read_is_not_lost(home: Path) -> None:
    store, toml, key = Memory(), home / "cardwatch.toml", home / "key"
    write(home, 0, 10)
    toml.write_text('namespace = "n0"\n')
    os.mkfifo(key)  # who reads the settings waits here, after the TOML file was read
    variables = {"CARDWATCH_CONFIG": str(toml), "CARDWATCH_ELASTICSEARCH_API_KEY_FILE": str(key)}
    with running(store) as proxy, ship(home, proxy, **variables) as shipper:
        give(opened(key))
        assert poll(lambda: count(store, "n0") == 10, LIMIT_S)
        toml.write_text('namespace = "n1"\n')
        shipper.process.send_signal(signal.SIGHUP)
        reading = opened(key)
        toml.write_text('namespace = "n2"\n')
        shipper.process.send_signal(signal.SIGHUP)
        give(reading)
        assert poll(lambda: "Settings read anew" in shipper.log(), LIMIT_S)
        give(opened(key))
        write(home, 10, 10)
        assert poll(lambda: count(store, "n2") == 10, LIMIT_S)


def test_settings_from_which_no_client_can_be_made_are_one_sentence(home: Path) -> None:
    variables = environment(
        home, CARDWATCH_ELASTICSEARCH="http://127.0.0.1:9", CARDWATCH_ELASTICSEARCH_CA_FILE="ca.pem"
    )
    words = [sys.executable, "-m", "app.commands", "ship"]
    said = subprocess.run(words, env=variables, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    assert said.returncode == 1
    assert "a CA certificate is for https" in said.stderr
    assert "Traceback" not in said.stderr


def test_terminated_it_ships_what_is_written_first(home: Path) -> None:
    store = Memory()
    with running(store) as proxy:
        settings = {"CARDWATCH_SHIP_BATCH_AGE_S": "60", "CARDWATCH_SHIP_BATCH_LINES": "100000"}
        with ship(home, proxy, **settings) as shipper:
            assert poll(lambda: shipper.counter("component_received_events_total") is not None, LIMIT_S)
            write(home, 0, 3000)
            assert poll(lambda: (shipper.counter("component_received_events_total") or 0) >= 3000, LIMIT_S)
            assert count(store) == 0
        assert shipper.process.returncode == 0
    assert count(store) == 3000


def test_terminated_during_an_outage_it_ends_at_once(home: Path) -> None:
    with running(Memory()) as proxy:
        proxy.faults.extend([Status(503)] * 10_000)
        write(home, 0, 10)
        with ship(home, proxy, CARDWATCH_SHIP_STOP_S="25") as shipper:
            assert poll(lambda: (shipper.counter("component_errors_total") or 0) > 2, LIMIT_S)
            write(home, 10, 1000)
            assert poll(lambda: (shipper.counter("cardwatch_ship_waiting_bytes") or 0) > 30_000, LIMIT_S)
            shipper.process.send_signal(signal.SIGTERM)
            assert shipper.process.wait(10) == 0


def test_a_taken_port_for_the_counters_is_said_and_shipping_goes_on(home: Path) -> None:
    store = Memory()
    write(home, 0, 5)
    with running(store) as proxy:
        settings = {"CARDWATCH_SHIP_METRICS_PORT": str(proxy.server_port)}
        with ship(home, proxy, **settings) as shipper:
            assert poll(lambda: count(store) == 5, LIMIT_S)
            assert "counters are not served" in shipper.log()


def test_lines_go_to_the_nodes_that_answer_and_return_to_one_that_is_back(home: Path) -> None:
    store, back = Memory(), free_port()
    write(home, 0, 20)
    with running(store) as steady, running(store, back) as ill, ship(home, steady, ill) as shipper:
        assert poll(lambda: count(store) == 20, LIMIT_S)
        ill.faults.extend([Reset(after=False)] * 1000)  # on connections that are open
        ill.shutdown()
        ill.server_close()
        for n in range(10):
            before = count(store)
            write(home, 20 + 10 * n, 10)
            assert poll(lambda: count(store) == before + 10, LIMIT_S)  # noqa: B023
        failed = shipper.counter("component_errors_total") or 0
        assert failed <= 5, "a node that just failed was asked again and again"
        with running(store, back) as well:
            first = 120
            while not well.sizes and first < 120 + 10 * 600:
                before = count(store)
                write(home, first, 10)
                assert poll(lambda: count(store) == before + 10, LIMIT_S)  # noqa: B023
                first += 10
            assert well.sizes, "the node that is back gets lines again"
    lines = [line for (stream, _), line in store.documents.items() if ".request-" in stream]
    assert len(lines) == len(set(lines))


class Starting(StandIn):
    """A server in front of another that answers with these statuses first, then passes everything on."""

    def __init__(self, upstream: str, *statuses: int) -> None:
        self.upstream, self.statuses, self.refused = upstream, deque(statuses), 0
        super().__init__(Front)


class Front(Connection):
    """One request."""

    server: Starting

    def take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))  # passed on as it came
        if self.server.statuses:
            self.server.refused += 1
            error = {"error": {"type": "on_order", "reason": "starting"}, "status": self.server.statuses[0]}
            return self.answer(self.server.statuses.popleft(), json.dumps(error).encode())
        kept = ("content-type", "content-encoding", "accept")
        headers = {name: self.headers[name] for name in kept if name in self.headers}
        got = requests.request(
            self.command, f"{self.server.upstream}{self.path}", data=body, headers=headers, timeout=30
        )
        content = b"" if self.command == "HEAD" else got.content
        return self.answer(got.status_code, content, got.headers.get("content-type", "application/json"))


def test_templates_wait_for_a_cluster_that_is_starting(home: Path, node: Server, unique: str) -> None:
    write(home, 0, 10)
    with serving(Starting(node.url, 503, 429, 500)) as front:
        variables = environment(home, CARDWATCH_ELASTICSEARCH=front.url, CARDWATCH_NAMESPACE=unique)
        words = [sys.executable, "-m", "app.commands", "ship", "--install"]
        process = subprocess.Popen(words, env=variables)
        try:
            found = f"{node.url}/logs-card.request-{unique}/_search"
            assert poll(lambda: requests.get(found, timeout=5).status_code == 200, LIMIT_S)
            assert front.refused == 3
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(LIMIT_S) == 0
    log = (home / "log" / "service.ndjson").read_text("utf-8")
    assert log.count("templates_wait") == 1
    assert "templates_installed" in log


@pytest.mark.parametrize(("status", "said"), [(401, "login"), (403, "privileges"), (400, "refused")])
def test_templates_that_are_refused_end_the_process_with_a_sentence(
    home: Path, status: int, said: str
) -> None:
    with serving(Starting("http://127.0.0.1:9", *[status] * 10)) as front:
        variables = environment(home, CARDWATCH_ELASTICSEARCH=front.url, CARDWATCH_TIME_SERIES="off")
        words = [sys.executable, "-m", "app.commands", "ship", "--install"]
        ended = subprocess.run(
            words, env=variables, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    assert ended.returncode == 1
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_server_that_is_not_up_yet_is_no_noise_of_the_client(home: Path) -> None:
    variables = environment(home, CARDWATCH_ELASTICSEARCH=f"http://127.0.0.1:{free_port()}")
    words = [sys.executable, "-m", "app.commands", "ship", "--install"]
    process = subprocess.Popen(words, env=variables, stderr=subprocess.PIPE, text=True)
    log = home / "log" / "service.ndjson"
    try:
        assert poll(lambda: log.exists() and "templates_wait" in log.read_text("utf-8"), LIMIT_S)
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=LIMIT_S)[1]
    assert "elastic_transport" not in said
    assert "elastic_transport" not in log.read_text("utf-8")
