import errno
import hashlib
import json
import multiprocessing
import os
from pathlib import Path
from typing import Any

import pytest

from shippers.batch import Batch, Piece, Segment, Source, Unfit, pick
from shippers.bulk import Refusal
from shippers.delivery import Refused
from shippers.files.check import Fault
from shippers.quarantine import Entry, Kept, Quarantine, mask, refused_entries, unfit_entries

SOURCE = Source("00000000-0123456789abcdef", "logs-card.request-test", "log/request.ndjson")
PARSING = "document_parsing_exception"


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def refused(line: bytes, reason: str = "why", kind: str = PARSING) -> Refused:
    return Refused(Segment(SOURCE, [line], [256]), Refusal(400, kind, reason))


def test_a_refused_line_is_kept_with_its_reason_and_where_it_stands(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q", 10_000, 10)
    line = b'{"@timestamp":"2026-11-23T03:12:45.123456Z","event":{"duration":38000000}}'
    assert quarantine.put(list(refused_entries([refused(line)], 1_795_403_565.0, 1000))) == 0
    assert entries(tmp_path / "q" / f"{PARSING}.ndjson") == [
        {
            "@timestamp": "2026-11-23T03:12:45+00:00",
            "stream": SOURCE.stream,
            "source": {"file": SOURCE.id, "path": SOURCE.path, "start": 256, "end": 256 + len(line) + 1},
            "reason": PARSING,
            "id": f"{SOURCE.id}-0000000100",
            "status": 400,
            "error": {"type": PARSING, "reason": "why"},
            "sha256": hashlib.sha256(line).hexdigest(),
            "body": line.decode(),
            "masked": False,
        }
    ]


def test_the_range_of_a_refused_line_ends_with_its_file(tmp_path: Path) -> None:
    batch = Batch(most_lines=10, most_bytes=1000, line_limit=100)
    batch.add(Piece(SOURCE, [b"{}", b'{"a":1}'], [41, 44], 51, sound=True))
    segments = pick(batch.segments, [0]) + pick(batch.segments, [1])
    refusals = [Refused(each, Refusal(400, PARSING, "why")) for each in segments]
    Quarantine(tmp_path, 10_000, 10).put(list(refused_entries(refusals, 0.0, 1000)))
    sources = [entry["source"] for entry in entries(tmp_path / f"{PARSING}.ndjson")]
    assert [(each["start"], each["end"]) for each in sources] == [(41, 44), (44, 51)]


def test_an_unfit_line_is_kept_as_range_and_digest_without_its_text(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 10_000, 10)
    unfit = [Unfit(SOURCE, 0, 9, Fault.NOT_AN_OBJECT, b"Li Xiao!"), Unfit(SOURCE, 9, 99, Fault.TOO_LONG)]
    quarantine.put(list(unfit_entries(unfit, 0.0)))
    (entry,) = entries(tmp_path / "not_an_object.ndjson")
    assert entry["sha256"] == hashlib.sha256(b"Li Xiao!").hexdigest()
    assert b"Li Xiao" not in (tmp_path / "not_an_object.ndjson").read_bytes()
    (entry,) = entries(tmp_path / "too_long.ndjson")
    assert entry["source"] == {"file": SOURCE.id, "path": SOURCE.path, "start": 9, "end": 99}


@pytest.mark.parametrize(
    "secret",
    [
        "110101199003071234",
        "11010119900307123X",
        "13812345678",
        "+86 138 1234 5678",
        "138-1234-5678",
        "E12345678",
        "EA1234567",
        "/9j/4AAQSkZJRgABAQAAAQABAAD" + "A1b2" * 60,
    ],
)
def test_numbers_of_documents_and_telephones_and_images_reach_no_quarantine_file(
    tmp_path: Path, secret: str
) -> None:
    line = json.dumps({"message": f"seen {secret} here", "field": secret}).encode()
    reason = f"failed to parse field [x]. Preview of field's value: '{secret}'"
    Quarantine(tmp_path, 10_000, 10).put(list(refused_entries([refused(line, reason)], 0.0, 10_000)))
    text = (tmp_path / f"{PARSING}.ndjson").read_text()
    assert secret not in text
    assert '"masked":true' in text


@pytest.mark.parametrize(
    "text", ["2026-11-23T03:12:45.123456Z", "019aafc2-1f70-7c55-9d3e-5a1c0c7be7aa", '"duration":38000000']
)
def test_times_request_ids_and_durations_are_left_alone(text: str) -> None:
    assert mask(text) == text


def test_a_long_line_is_kept_without_its_text(tmp_path: Path) -> None:
    Quarantine(tmp_path, 10_000, 10).put(
        list(refused_entries([refused(b'{"a":"' + b"x" * 99 + b'"}')], 0.0, 50))
    )
    (entry,) = entries(tmp_path / f"{PARSING}.ndjson")
    assert "body" not in entry


def test_a_full_quarantine_keeps_what_fits_and_counts_the_rest(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 1500, 10)
    unwritten = sum(quarantine.put(list(refused_entries([refused(b"{}")] * 3, 0.0, 100))) for _ in range(5))
    kept = len(entries(tmp_path / f"{PARSING}.ndjson"))
    assert 0 < kept < 15
    assert kept + unwritten == 15
    assert (tmp_path / f"{PARSING}.ndjson").stat().st_size <= 1500


def test_reasons_from_the_server_make_safe_names_and_a_bounded_number_of_files(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q", 100_000, 3)
    reasons = ["../../etc/passwd", "UPPER case", "third", "fourth", "fifth", ""]
    quarantine.put(list(refused_entries([refused(b"{}", kind=kind) for kind in reasons], 0.0, 100)))
    names = sorted(path.name for path in (tmp_path / "q").iterdir())
    assert names == ["_etc_passwd.ndjson", "other.ndjson", "upper_case.ndjson"]
    assert [path.name for path in tmp_path.iterdir()] == ["q"]


def test_a_torn_end_spoils_no_further_entry(tmp_path: Path) -> None:
    path = tmp_path / f"{PARSING}.ndjson"
    path.write_bytes(b'{"torn')
    Quarantine(tmp_path, 10_000, 10).put(list(refused_entries([refused(b"{}")], 0.0, 100)))
    torn, whole = path.read_bytes().splitlines()
    assert torn == b'{"torn'
    assert json.loads(whole)["body"] == "{}"


def test_a_disk_with_little_left_takes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path / "q", 10_000, 10, disk_free_bytes=1 << 60)
    with pytest.raises(
        OSError, match="less than the 1152921504606846976 of disk_free_bytes: make room"
    ) as told:
        quarantine.put(put_at(0))
    assert told.value.errno == errno.ENOSPC
    assert quarantine.reasons() == []
    assert Quarantine(tmp_path / "q", 10_000, 10, disk_free_bytes=1).put(put_at(0)) == 0


def put_at(*starts: int, kind: str = PARSING) -> list[Entry]:
    each = [Refused(Segment(SOURCE, [b"{}"], [start]), Refusal(400, kind, "why")) for start in starts]
    return list(refused_entries(each, 0.0, 100))


def kept(quarantine: Quarantine, reason: str = PARSING) -> list[Kept]:
    return [each for _, each in quarantine.read(reason) if each]


def test_entries_that_were_sent_leave_and_are_told_of(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 10_000, 10)
    quarantine.put(put_at(0, 3, 6, 3))
    before = quarantine.size_bytes()
    quarantine.replace(PARSING, [each for each in kept(quarantine) if each.start in (3, 6)], [])
    assert [each.start for each in kept(quarantine)] == [0]
    assert quarantine.ranges() == {SOURCE.id: {0: 3}}
    assert quarantine.redriven() == {SOURCE.id: {3, 6}}
    assert quarantine.size_bytes() < before
    quarantine.replace(PARSING, kept(quarantine), [])
    assert quarantine.reasons() == []
    quarantine.forget({"another"})
    assert quarantine.redriven() == {SOURCE.id: {0, 3, 6}}
    quarantine.forget({SOURCE.id})
    assert list(tmp_path.iterdir()) == []


def test_an_entry_refused_for_another_reason_moves_to_that_reasons_file(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 10_000, 10)
    quarantine.put(put_at(0, 3, 6))
    quarantine.replace(PARSING, [], [*put_at(3, kind="new_kind"), *put_at(6)])
    assert [each.start for each in kept(quarantine)] == [0, 6]
    assert [each.start for each in kept(quarantine, "new_kind")] == [3]


def test_a_full_quarantine_loses_no_entry_that_moves(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 10_000, 10)
    quarantine.put(put_at(*range(0, 30, 3)))
    full = Quarantine(tmp_path, 1, 10)
    full.replace(PARSING, [], put_at(*range(0, 30, 3), kind="new_kind"))
    assert len(kept(full, "new_kind")) == 10
    assert full.reasons() == ["new_kind"]


@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_while_the_disk_takes_nothing_no_entry_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    quarantine = Quarantine(tmp_path, 10_000, 10)
    quarantine.put(put_at(0, 3))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if step == "fsync" else (Path, "rename")), full)
    with pytest.raises(OSError, match="No space"):
        quarantine.replace(PARSING, kept(quarantine)[:1], [])
    monkeypatch.undo()
    assert [each.start for each in kept(quarantine)] == [0, 3]
    assert quarantine.put(put_at(6)) == 0


def put_many(folder: Path, first: int) -> None:
    quarantine = Quarantine(folder, 10_000_000, 10)
    for start in range(first, first + 300, 3):
        quarantine.put(put_at(start))


def test_while_others_add_entries_none_gets_lost(tmp_path: Path) -> None:
    quarantine = Quarantine(tmp_path, 10_000_000, 10)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=put_many, args=(tmp_path, first)) for first in (0, 300)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        quarantine.replace(PARSING, kept(quarantine)[:5], [])
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    left = {each.start for each in kept(quarantine)}
    gone = quarantine.redriven().get(SOURCE.id, set())
    assert (left | gone, left & gone) == (set(range(0, 600, 3)), set())
    assert gone


@pytest.mark.parametrize("umask", [0o022, 0o000])
def test_only_the_owner_and_its_group_read_what_is_kept(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        quarantine = Quarantine(tmp_path / "home" / "q", 10_000, 10)
        quarantine.put(list(refused_entries([refused(b'{"a":1}')], 0.0, 1000)))
        assert modes(tmp_path / "home" / "q") == {"q": 0o750, f"{PARSING}.ndjson": 0o640}
        quarantine.put(list(unfit_entries([Unfit(SOURCE, 9, 99, Fault.TOO_LONG)], 0.0)))
        quarantine.replace(PARSING, [], list(refused_entries([refused(b'{"a":1}')], 1.0, 1000)))
        ((_, kept),) = quarantine.read("too_long")
        assert kept
        quarantine.replace("too_long", [kept], [])
        assert modes(tmp_path / "home" / "q") == {"q": 0o750, f"{PARSING}.ndjson": 0o640, ".redriven": 0o640}
    finally:
        os.umask(before)


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())}
