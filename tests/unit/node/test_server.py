"""Starting, refusing to start, and ending the node."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import requests

from elastic.node import server
from elastic.node.errors import FolderTaken, NotLoopback
from tests.servers import Server, start_node


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.5.5.5"])
def test_loopback_addresses_are_allowed(host: str) -> None:
    server.check_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "no.such.host.invalid"])
def test_other_addresses_are_refused(host: str) -> None:
    with pytest.raises(NotLoopback, match=r"127\.0\.0\.1"):
        server.check_loopback(host)


def test_a_folder_belongs_to_one_node(home: Path) -> None:
    running = start_node(home)
    try:
        with pytest.raises(FolderTaken, match="Another embedded node"):
            server.lock_folder(home / "node")
    finally:
        running.stop()


def test_a_killed_node_gives_its_folder_back(home: Path) -> None:
    running = start_node(home)
    running.process.kill()
    running.process.wait()
    assert start_node(home).stop() == 0


def test_one_line_tells_the_address(home: Path) -> None:
    running = start_node(home)
    assert running.stop() == 0
    assert running.log.read_text("utf-8") == f"Cardwatch node listens on {running.url}\n"


def test_large_bodies_are_refused_packed_and_unpacked(home: Path) -> None:
    running = start_node(home, settings='"max_body_bytes": 2048')
    try:
        url = f"{running.url}/i/_bulk"
        json = {"content-type": "application/json"}
        plain = requests.post(url, data=b"x" * 4096, headers=json, timeout=10)
        packed = gzip.compress(b" " * 100_000)
        unpacked = requests.post(url, data=packed, headers={**json, "content-encoding": "gzip"}, timeout=10)
        assert (plain.status_code, unpacked.status_code) == (413, 413)
        assert plain.json()["error"]["type"] == "content_too_long_exception"
    finally:
        running.stop()


def test_every_answer_carries_the_product_header(node: Server) -> None:
    for path in ("/", "/_search", "/nothing/_search", "/_no_such_thing", "/a/b/c/d"):
        assert requests.get(node.url + path, timeout=10).headers["x-elastic-product"] == "Elasticsearch"


def test_the_root_says_what_it_is(node: Server) -> None:
    root = requests.get(node.url, timeout=10).json()
    assert root["version"]["number"].startswith("9.")
    assert "Cardwatch" in root["tagline"]
