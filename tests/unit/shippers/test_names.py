import pytest

from shippers.files.names import is_source, stream_of


@pytest.mark.parametrize(
    ("folder", "name", "stream"),
    [
        ("log", "request.ndjson", "logs-card.request-test"),
        ("log", "request.ndjson.1", "logs-card.request-test"),
        ("log", "request-0001.ndjson", "logs-card.request-test"),
        ("log", "request-20261123T101112123456.ndjson", "logs-card.request-test"),
        ("log", "request.ndjson-20261123", "logs-card.request-test"),
        ("spool", "gpu.ndjson", "metrics-card.gpu-test"),
        ("spool", "health_check.ndjson.2", "metrics-card.health_check-test"),
    ],
)
def test_the_name_says_the_stream_through_every_rotation(folder: str, name: str, stream: str) -> None:
    assert is_source(name)
    assert stream_of(folder, name, "test") == stream


@pytest.mark.parametrize("name", ["Request.ndjson", "-1.ndjson", "a b.ndjson", "anfrage\u00fc.ndjson"])
def test_a_name_that_is_no_dataset_has_no_stream(name: str) -> None:
    assert stream_of("log", name, "test") is None


@pytest.mark.parametrize(
    "name", ["request.ndjson.lock", "request.ndjson.1.gz", ".request.ndjson", "request.log", "request.json"]
)
def test_locks_and_archives_and_other_files_are_no_sources(name: str) -> None:
    assert not is_source(name)
