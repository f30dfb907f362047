import pytest

from shippers.files.names import Glob, Kin, globs, kin_of, stream_of

SOURCES = globs("logs=log/*.ndjson,metrics=/srv/spool/gpu-*.log")


def test_sources_are_types_folders_and_patterns() -> None:
    assert (Glob("logs", "log", "*.ndjson"), Glob("metrics", "/srv/spool", "gpu-*.log")) == SOURCES


@pytest.mark.parametrize("text", ["", "log/*.ndjson", "Logs=log/*", "logs=", "logs=log/", "logs=**/x.ndjson"])
def test_sources_that_cannot_be_read_are_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write TYPE="):
        globs(text)


@pytest.mark.parametrize(
    ("name", "base", "rotated"),
    [
        ("request.ndjson", "request.ndjson", False),
        ("request-0001.ndjson", "request-0001.ndjson", False),
        ("request.ndjson.1", "request.ndjson", True),
        ("request.ndjson.1.gz", "request.ndjson", True),
        ("request.ndjson.gz", "request.ndjson", True),
        ("request.ndjson-20261123", "request.ndjson", None),
        ("request.ndjson-20261123-1795400000.gz", "request.ndjson", True),
        ("request.ndjson.2026-11-23", "request.ndjson", None),
        ("request.ndjson.2026-11-23_03-12-45", "request.ndjson", None),
        ("request-20261123.ndjson", "request.ndjson", None),
        ("request-20261123T101112123456.ndjson", "request.ndjson", None),
        ("request-20261123T101112123456.ndjson.gz", "request.ndjson", True),
        ("request-2026-11-23.ndjson.3", "request.ndjson", True),
    ],
)
def test_a_name_tells_its_base_and_whether_it_was_rotated(name: str, base: str, rotated: bool | None) -> None:
    assert kin_of(name, SOURCES[:1]) == Kin("logs", base, rotated)


def test_a_date_that_the_glob_asks_for_belongs_to_the_name() -> None:
    assert kin_of("gpu-20261123.log", SOURCES) == Kin("metrics", "gpu-20261123.log", False)
    assert kin_of("gpu-20261123.log.1", SOURCES) == Kin("metrics", "gpu-20261123.log", True)


@pytest.mark.parametrize(
    "name",
    ["request.ndjson.lock", ".request.ndjson", "request.log", "request.json", "1.gz", "request.ndjson~"],
)
def test_other_names_are_nothing(name: str) -> None:
    assert kin_of(name, SOURCES) is None


@pytest.mark.parametrize(
    ("kind", "name", "stream"),
    [
        ("logs", "request.ndjson", "logs-card.request-test"),
        ("logs", "request.ndjson.1", "logs-card.request-test"),
        ("logs", "request-0001.ndjson", "logs-card.request-test"),
        ("logs", "request-20261123T101112123456.ndjson", "logs-card.request-test"),
        ("logs", "request.ndjson-20261123.gz", "logs-card.request-test"),
        ("metrics", "gpu.ndjson", "metrics-card.gpu-test"),
        ("metrics", "health_check.ndjson.2", "metrics-card.health_check-test"),
    ],
)
def test_the_name_says_the_stream_through_every_rotation(kind: str, name: str, stream: str) -> None:
    assert stream_of(kind, name, "test") == stream


@pytest.mark.parametrize("name", ["Request.ndjson", "-1.ndjson", "a b.ndjson", "anfrage\u00fc.ndjson"])
def test_a_name_that_is_no_dataset_has_no_stream(name: str) -> None:
    assert stream_of("logs", name, "test") is None
