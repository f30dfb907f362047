"""The account sees a line that is missing, one that is there twice, and one that nobody wrote."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.torture import account
from tests.torture.account import Deleted, Loss, Put, Risk, Verdict
from tests.torture.lines import Kind, Line, canonical
from tests.torture.stores import Document

LINES = [Line(n, Kind.SOUND, b'{"n":%d}' % n) for n in range(10)]
DOCUMENTS = [Document("index-1", f"id-{line.number}", line.text) for line in LINES]


def put(line: Line, start: int = 0) -> Put:
    return Put("file", start, hashlib.sha256(line.text).hexdigest(), "torture_406")


def judged(
    documents: Sequence[Document],
    puts: Sequence[Put] = (),
    at_risk: Sequence[Risk] = (),
    losses: Sequence[Loss] = (),
    lines: Sequence[Line] = LINES,
    **given: Any,
) -> Verdict:
    return account.verdict(lines, at_risk, documents, puts, losses, as_text=bytes, **given)


def test_each_line_once_is_in_order() -> None:
    assert judged(DOCUMENTS) == Verdict(written=10, documents=10, quarantined=0)
    assert judged(DOCUMENTS).ok


def test_a_line_less_is_missing() -> None:
    verdict = judged(DOCUMENTS[1:])
    assert (verdict.missing, verdict.ok, verdict.examples) == (1, False, ('{"n":0}',))


def test_an_id_in_two_backing_indices_is_doubled() -> None:
    verdict = judged([*DOCUMENTS, replace(DOCUMENTS[3], index="index-2")])
    assert (verdict.doubled_ids, verdict.doubled_lines, verdict.ok) == (1, 1, False)


def test_a_line_under_two_ids_is_doubled() -> None:
    verdict = judged([*DOCUMENTS, replace(DOCUMENTS[3], id="id-other")])
    assert (verdict.doubled_ids, verdict.doubled_lines, verdict.ok) == (0, 1, False)


def test_a_changed_line_is_strange_and_its_own_is_missing() -> None:
    verdict = judged([*DOCUMENTS[1:], replace(DOCUMENTS[0], text=b'{"n":0.0}')])
    assert (verdict.strange, verdict.missing, verdict.ok) == (1, 1, False)


def test_a_line_in_quarantine_is_not_missing_and_one_that_is_also_a_document_counts_once() -> None:
    verdict = judged(DOCUMENTS[2:], [put(LINES[0]), put(LINES[1], 8), put(LINES[5], 40)])
    assert (verdict.quarantined, verdict.missing, verdict.ok) == (2, 0, True)


def test_lines_too_long_are_told_by_their_number() -> None:
    long = [Line(n, Kind.LONG, b"%d" % n) for n in (10, 11)]
    puts = [Put("file", n, None, "too_long") for n in (90, 95)]
    assert judged(DOCUMENTS, puts, lines=[*LINES, *long]).ok
    assert judged(DOCUMENTS, [puts[0], put(long[0], 70)], lines=[*LINES, *long]).ok
    assert judged(DOCUMENTS, puts[:1], lines=[*LINES, *long]).missing == 1


def test_of_lines_too_long_the_one_that_may_be_lost_is_taken_to_be_lost() -> None:
    long = [Line(n, Kind.LONG, b"%d" % n) for n in (10, 11)]
    risk = [Risk(long[0], "part0", 100.0)]
    told = [Loss("log/part0.ndjson", 3, 0, 0)]
    verdict = judged(DOCUMENTS, [Put("file", 90, None, "too_long")], risk, losses=told, lines=[*LINES, *long])
    assert (verdict.missing, verdict.lost, verdict.ok) == (0, 1, True)


RISKS = [Risk(line, "part0", 100.0 + line.number) for line in LINES]


def test_lines_at_risk_may_be_lost_and_no_others() -> None:
    told = [Loss("log/part0.ndjson", 16, 0, 0)]
    assert judged(DOCUMENTS[2:]).missing == 2
    verdict = judged(DOCUMENTS[2:], at_risk=RISKS[:1], losses=told)
    assert (verdict.missing, verdict.lost, verdict.ok) == (1, 1, False)
    verdict = judged(DOCUMENTS[2:], at_risk=RISKS[:2], losses=told)
    assert (verdict.lost, verdict.lost_bytes, verdict.reported_bytes, verdict.ok) == (2, 16, 16, True)


def test_of_what_was_lost_before_the_first_look_nobody_can_know() -> None:
    for looked_s, unreported in ((100.5, 1), (102.0, 0)):
        verdict = judged(DOCUMENTS[2:], at_risk=RISKS[:2], looked_s=looked_s)
        assert (verdict.lost, verdict.unreported) == (2, unreported)


def test_the_time_of_the_first_look_is_read_from_the_log(tmp_path: Path) -> None:
    log = tmp_path / "shipper.ndjson"
    assert account.first_look_s(log) == float("inf")
    log.write_text("".join(json.dumps({"event.action": "ship_start", "at_s": at}) + "\n" for at in (7, 9)))
    assert account.first_look_s(log) == 7


@pytest.mark.parametrize(
    ("loss", "unreported"),
    [
        (Loss("log/part0.ndjson", 15, 0, 0), 2),
        (Loss("log/part0.ndjson", 0, 99, 101), 0),
        (Loss("log/part0.ndjson", 0, 99, 100.5), 1),
        (Loss("log/part0.ndjson", 0, 101, 102), 1),
        (Loss("log/part1.ndjson", 0, 99, 101), 2),
    ],
)
def test_a_loss_that_was_not_reported_in_bytes_or_in_time_is_seen(loss: Loss, unreported: int) -> None:
    verdict = judged(DOCUMENTS[2:], at_risk=RISKS[:2], losses=[loss])
    assert (verdict.unreported, verdict.ok) == (unreported, unreported == 0)


def test_what_was_told_of_one_writers_files_does_not_excuse_anothers() -> None:
    risks = [RISKS[0], replace(RISKS[1], dataset="part1")]
    told = [Loss("log/part1.ndjson", 1000, 0, 0)]
    verdict = judged(DOCUMENTS[2:], at_risk=risks, losses=told)
    assert (verdict.lost, verdict.unreported, verdict.ok) == (2, 1, False)
    told.append(Loss("log/part0.ndjson", 8, 0, 0))
    assert judged(DOCUMENTS[2:], at_risk=risks, losses=told).ok


DELETED = [replace(each, deleted=Deleted("file", 8 * each.line.number + 8)) for each in RISKS]


def test_a_deleted_files_lines_may_be_lost_only_if_the_shipper_ended_since_it_read_them() -> None:
    told = [Loss("log/part0.ndjson.1", 16, 0, 0)]
    for ended_s in ([], [90.0]):
        verdict = judged(DOCUMENTS[2:], at_risk=DELETED[:2], losses=told, ended_s=ended_s)
        assert (verdict.missing, verdict.lost, verdict.ok) == (2, 0, False)
    verdict = judged(DOCUMENTS[2:], at_risk=DELETED[:2], losses=told, ended_s=[90.0, 102.0])
    assert (verdict.missing, verdict.lost, verdict.ok) == (0, 2, True)


@pytest.mark.parametrize(
    ("seen", "told", "unreported"), [(16, 16, 0), (16, 8, 2), (8, 8, 0), (8, 0, 1), (0, 0, 0)]
)
def test_of_a_deleted_file_what_was_seen_must_be_told(seen: int, told: int, unreported: int) -> None:
    """A time in which nobody looked is told of files that were cut short, not of those that are gone."""
    losses = [Loss("log/part0.ndjson.1", told, 0, 1000)]
    seen_bytes = {"file": seen}
    verdict = judged(
        DOCUMENTS[2:], at_risk=DELETED[:2], losses=losses, ended_s=[102.0], seen_bytes=seen_bytes
    )
    assert (verdict.lost, verdict.unreported, verdict.ok) == (2, unreported, unreported == 0)


FIRST, OTHER, LATER = "a-1-0000000000", "a-2-0000000000", "a-2-0000000008"


@pytest.mark.parametrize(
    ("ids", "alone", "excused", "doubled"),
    [
        ([FIRST, OTHER], True, 1, 0),
        ([FIRST, OTHER], False, 0, 1),  # its file had more lines: a copy of it is told
        ([FIRST, LATER], True, 0, 1),  # not the first line of both
        ([FIRST, FIRST], True, 0, 1),  # the same id in two backing indices
        ([FIRST, OTHER, "a-3-0000000000"], True, 0, 2),
    ],
)
def test_a_one_line_copy_that_is_there_twice_is_counted_apart(
    ids: list[str], alone: bool, excused: int, doubled: int
) -> None:
    documents = [Document(f"index-{n}", name, LINES[0].text) for n, name in enumerate(ids)]
    verdict = judged([*documents, *DOCUMENTS[1:]], alone=[LINES[0].text] if alone else [])
    assert (verdict.one_line_copies, verdict.doubled_lines, verdict.ok) == (excused, doubled, not doubled)


def test_equal_first_lines_of_files_are_counted_one_by_one() -> None:
    header = Line(-1, Kind.SOUND, b"{}")
    documents = [Document("index-1", f"id-{n}", b"{}") for n in range(3)]
    assert judged(documents, lines=[header] * 3).ok
    assert judged(documents, lines=[header] * 4).missing == 1
    assert judged(documents, lines=[header] * 2).doubled_lines == 1
    assert not account.settled([header] * 3, [b"{}"] * 2, [])
    assert account.settled([header] * 3, [b"{}"] * 3, [])


def test_a_servers_source_is_compared_by_what_it_says() -> None:
    assert canonical('{"a":"卡","b":1}'.encode()) == canonical(b'{"b": 1, "a": "\\u5361"}')
    assert canonical(b"{broken}") == b"{broken}"


@pytest.fixture
def quarantine(tmp_path: Path) -> Path:
    """An entry written twice, and half of one."""
    entry = {
        "source": {"file": "f", "path": "log/x", "start": 7, "end": 9},
        "reason": "nul_byte",
        "sha256": "ab",
    }
    text = json.dumps(entry)
    (tmp_path / "nul_byte.ndjson").write_text(f"{text}\n{text}\n{text[:20]}")
    return tmp_path


def test_an_entry_that_a_crash_wrote_twice_counts_once(quarantine: Path) -> None:
    assert account.quarantined(quarantine) == [Put("f", 7, "ab", "nul_byte")]
    assert account.quarantined(quarantine / "none") == []


def test_what_the_shipper_said_of_files_cut_short_or_gone_is_read_from_its_log(tmp_path: Path) -> None:
    entry = {"event.action": "file_truncated", "at_s": 50.0, account.LOST_BYTES: 7, account.UNSEEN_MS: 2000}
    gone = {"event.action": "file_gone", "at_s": 50.0, account.LOST_BYTES: 7}
    other = {"event.action": "file_deleted", "at_s": 50.0, account.LOST_BYTES: 7}
    log = tmp_path / "shipper.ndjson"
    assert account.losses(log) == []
    log.write_text(
        "".join(json.dumps(e | {account.PATH: "log/x.ndjson"}) + "\n" for e in (entry, gone, other))
    )
    assert account.losses(log) == [Loss("log/x.ndjson", 7, 48.0, 50.0), Loss("log/x.ndjson", 7, 50.0, 50.0)]
