"""When the files that are gone were written, and what their documents account for."""

from __future__ import annotations

import pytest

from shippers.audit.file import Subject
from shippers.audit.gone import MARGIN_MS, Documents, Window, _compared, windows
from shippers.audit.report import FileReport, Problem
from shippers.registry import Row

STREAM = "logs-card.request-test"


def row(first_s: int, changed_s: int, checkpoint: int = 0, **counted: int) -> Row:
    identity = f"{first_s:08x}-0123456789abcdef"
    changed_ns = changed_s * 10**9
    return Row(identity, None, 0, b"", checkpoint, STREAM, "log/x", changed_ns=changed_ns, **counted)


def span(first_s: int, last_s: int) -> Window:
    return first_s * 1000 - MARGIN_MS, last_s * 1000 + MARGIN_MS


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([(1000, 2000)], [span(1000, 2000)]),
        ([(9000, 9500), (1000, 2000)], [span(1000, 2000), span(9000, 9500)]),
        ([(1000, 2000), (2100, 3000)], [span(1000, 3000)]),  # the margins touch
        ([(1000, 5000), (2000, 3000)], [span(1000, 5000)]),
        ([(0, 2000), (1000, 3000)], [(None, span(0, 3000)[1])]),  # its first line had no time
        ([(1000, 0), (2000, 3000)], [(span(1000, 0)[0], None)]),  # when it last changed is not known
    ],
)
def test_times_that_touch_are_listed_once(times: list[tuple[int, int]], expected: list[Window]) -> None:
    assert windows(row(*each) for each in times) == expected


def compared(here: list[int], kept: dict[int, int], **counted: int) -> FileReport:
    documents = Documents()
    documents.here.extend(here)
    return _compared(Subject(row(1000, 2000, 100, **counted), None, "log/x", kept), documents, set)


def test_every_byte_before_the_checkpoint_is_a_documents_or_an_entrys() -> None:
    report = compared([0, 20, 60, 100, 140], {40: 60}, acknowledged=3, quarantined=1)
    assert (report.problems, report.found.there) == ([], 3)  # what lies behind the checkpoint is not counted
    assert (report.acknowledged_bytes, report.quarantined_bytes) == (80, 20)


@pytest.mark.parametrize(
    ("here", "kept", "problems"),
    [
        ([0, 20, 80], {40: 60}, [Problem.MISCOUNTED]),  # the entry ends before the next line begins
        ([10, 20, 60], {40: 60}, [Problem.MISCOUNTED]),  # nothing tells of the first bytes
        ([0, 60], {40: 60}, [Problem.MISSING]),
        ([0, 20, 20, 60], {40: 60}, [Problem.DOUBLED]),
        ([0, 20, 40, 60], {40: 60}, []),  # in quarantine and a document too: it counts once
        ([0, 20, 60], {}, []),  # a full quarantine counted the fourth line and did not keep it
        ([0, 20], {}, [Problem.MISSING]),
    ],
)
def test_what_does_not_add_up_is_told(here: list[int], kept: dict[int, int], problems: list[Problem]) -> None:
    assert compared(here, kept, acknowledged=3, quarantined=1).problems == problems
