from typing import Any

import pytest

from shippers.bulk import (
    Answered,
    Refusal,
    Rejected,
    RequestVerdict,
    Verdict,
    first_error,
    request_verdict,
    sort,
    verdict,
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Verdict.ACCEPTED),
        (201, Verdict.ACCEPTED),
        (400, Verdict.REFUSED),
        (401, Verdict.RETRY),
        (403, Verdict.RETRY),
        (404, Verdict.REFUSED),
        (406, Verdict.REFUSED),
        (409, Verdict.DUPLICATE),
        (413, Verdict.REFUSED),
        (429, Verdict.RETRY),
        (500, Verdict.RETRY),
        (503, Verdict.RETRY),
    ],
)
def test_item_truth_table(status: int, expected: Verdict) -> None:
    assert verdict(status) is expected


@pytest.mark.parametrize(
    ("status", "kind", "expected"),
    [
        (400, "illegal_argument_exception", RequestVerdict.SPOILT),
        (400, None, RequestVerdict.DOUBTFUL),
        (401, "security_exception", RequestVerdict.RETRY),
        (403, "security_exception", RequestVerdict.RETRY),
        (403, None, RequestVerdict.DOUBTFUL),
        (406, None, RequestVerdict.DOUBTFUL),
        (404, None, RequestVerdict.RETRY),
        (404, "index_not_found_exception", RequestVerdict.RETRY),
        (405, None, RequestVerdict.RETRY),
        (406, "media_type_header_exception", RequestVerdict.RETRY),
        (413, None, RequestVerdict.TOO_LARGE),
        (413, "too_large", RequestVerdict.TOO_LARGE),
        (429, "es_rejected_execution_exception", RequestVerdict.RETRY),
        (500, None, RequestVerdict.DOUBTFUL),
        (502, None, RequestVerdict.DOUBTFUL),
        (503, "unavailable", RequestVerdict.RETRY),
        (301, None, RequestVerdict.RETRY),
    ],
)
def test_request_truth_table(status: int, kind: str | None, expected: RequestVerdict) -> None:
    assert request_verdict(Rejected(status, kind, "")) is expected


def failed(status: int, kind: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "error": {"type": kind, "reason": "why", **more}}


def test_each_line_of_an_answer_is_sorted_by_its_own_status() -> None:
    answer = Answered(
        [
            {"status": 201},
            {"status": 201, "failure_store": "used"},
            failed(409, "version_conflict_engine_exception"),
            failed(429, "es_rejected_execution_exception"),
            failed(400, "document_parsing_exception", caused_by={"reason": "because"}),
            failed(503, "unavailable_shards_exception"),
        ]
    )
    result = sort(answer)
    assert (result.accepted, result.duplicates, result.failure_store) == (2, 1, 1)
    assert result.retry == (3, 5)
    assert result.refused == ((4, Refusal(400, "document_parsing_exception", "why: because")),)
    assert first_error(answer).type == "es_rejected_execution_exception"


def test_an_answer_without_trouble_counts_the_failure_store_too() -> None:
    """The top-level `errors` is false when the failure store took a document."""
    result = sort(Answered([{"status": 201}, {"status": 201, "failure_store": "used"}]))
    assert (result.accepted, result.failure_store, result.retry, result.refused) == (2, 1, (), ())


@pytest.mark.parametrize("error", [None, "a string", 7])
def test_an_error_of_an_unknown_shape_still_gives_a_reason(error: object) -> None:
    result = sort(Answered([{"status": 400, "error": error}]))
    assert result.refused[0][1].type == "unknown"
