"""Rotation by copy and truncation, in every order of copy, truncation, reading and death."""

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from shippers.files.find import Found, Place
from tests.reader import SETTINGS, Lines, Reader, append, compress, texts


def copy(log: Path) -> Path:
    target = log / "request.ndjson.1"
    shutil.copyfile(log / "request.ndjson", target)
    return target


def told(caplog: pytest.LogCaptureFixture, action: str) -> list[logging.LogRecord]:
    return [each for each in caplog.records if getattr(each, "event.action", "") == action]


def losses(caplog: pytest.LogCaptureFixture) -> list[int]:
    return [getattr(each, "card.file.lost_bytes") for each in told(caplog, "file_truncated")]


@pytest.mark.parametrize("dead", [False, True])
@pytest.mark.parametrize("read_first", [False, True])
@pytest.mark.parametrize("look_at_copy", [False, True])
def test_what_was_copied_and_not_read_is_read_on_under_the_same_ids(
    reader: Reader,
    log: Path,
    caplog: pytest.LogCaptureFixture,
    dead: bool,
    read_first: bool,
    look_at_copy: bool,
) -> None:
    path = log / "request.ndjson"
    append(path, "a1", "a2")
    lines = reader.run() if read_first else {}
    if dead:
        reader.stop()
    append(path, "a3", "a4")
    copy(log)
    if look_at_copy and not dead:
        reader.tail.look()
    os.truncate(path, 0)
    append(path, "b1", "b2")
    if dead:
        reader.start()
    for _ in range(4):
        lines |= reader.run()
    assert texts(lines) == ["a1", "a2", "a3", "a4", "b1", "b2"]
    assert len({name[:25] for name in lines}) == 2
    reader.restart()
    assert reader.run() == {}
    assert set(losses(caplog)) <= {0}
    assert len(losses(caplog)) == (1 if read_first or (look_at_copy and not dead) else 0)


def test_a_copy_is_held_while_its_original_grows(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    append(path, "a1", "a2")
    reader.run()
    copy(log)
    for number in range(3):
        append(path, f"a{number + 3}")
        assert texts(reader.run()) == [f"a{number + 3}"]
    reader.restart()
    assert reader.run() == {}


def test_lines_after_the_copy_are_lost_and_counted(
    reader: Reader, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = log / "request.ndjson"
    append(path, "a1", "a2")
    reader.run()
    copy(log)
    append(path, "lost-1", "lost-2")
    reader.tail.look()
    for harvester in reader.tail.harvesters():  # sees the size, and does not read on
        harvester.most_bytes = path.stat().st_size
    os.truncate(path, 0)
    append(path, "b1", "b2")
    assert texts(reader.run() | reader.run() | reader.run()) == ["b1", "b2"]
    assert losses(caplog) == [14]
    rows = [row for each in reader.registry.ids() if (row := reader.registry.get(each))]
    assert sum(row.lost_bytes for row in rows) == 14
    assert reader.tail.losses.bytes == {"truncated": 14}


@pytest.mark.parametrize("killed", [False, True])
def test_a_copy_that_ends_before_what_was_read_is_not_read_again(
    reader: Reader, log: Path, killed: bool
) -> None:
    path = log / "request.ndjson"
    append(path, "a1", "a2")
    copy(log)
    reader.run()
    reader.run()
    append(path, "a3", "a4")
    assert texts(reader.run()) == ["a3", "a4"]
    if killed:
        reader.kill()
    os.truncate(path, 0)
    if killed:
        reader.start()
    assert reader.run() | reader.run() == {}
    append(path, "b1", "b2")
    assert texts(reader.run() | reader.run() | reader.run()) == ["b1", "b2"]
    reader.restart()
    assert reader.run() == {}


def test_a_file_cut_and_grown_beyond_its_checkpoint_while_dead_is_told_by_its_tail(
    reader: Reader, log: Path
) -> None:
    path = log / "request.ndjson"
    append(path, "x" * 63, "old-1")
    first = reader.run()
    reader.stop()
    path.write_bytes(b"x" * 63 + b"\nnew-1\nnew-2\n")  # the same first `fingerprint_bytes`
    reader.start()
    second = reader.run() | reader.run()
    assert texts(second) == ["new-1", "new-2", "x" * 63]
    assert not first.keys() & second.keys()


def test_a_copy_that_goes_its_own_way_is_a_file_of_its_own(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson", "a1", "a2")
    reader.run()
    target = copy(log)
    assert reader.run() == {}
    append(target, "own")
    assert texts(reader.run() | reader.run()) == ["a1", "a2", "own"]


def test_several_copies_of_one_file_are_shipped_once(reader: Reader, log: Path) -> None:
    path = log / "request.ndjson"
    append(path, "a1", "a2")
    reader.run()
    append(path, "a3")
    copy(log).rename(log / "request.ndjson.2")
    append(path, "a4")
    copy(log)
    reader.stop()
    os.truncate(path, 0)
    reader.start()
    lines = {}
    for _ in range(4):
        lines |= reader.run()
    assert texts(lines) == ["a3", "a4"]


def test_a_copy_stands_for_its_original_when_that_is_deleted(reader: Reader, log: Path) -> None:
    append(log / "request.ndjson", "a1", "a2")
    reader.run()
    copy(log)
    reader.run()
    (log / "request.ndjson").unlink()
    assert reader.later() == {}
    assert reader.later() == {}
    reader.restart()
    assert reader.later() == {}


def test_rotated_files_with_one_equal_line_are_no_copies(reader: Reader, log: Path) -> None:
    """Rotated within a look: what holds only the line that its successor begins with is a file of its own."""
    path = log / "request.ndjson"
    append(path, "same")
    path.rename(log / "request.ndjson.1")
    append(path, "same", "more")
    lines = {}
    for _ in range(3):
        lines |= reader.run()
    assert texts(lines) == ["more", "same", "same"]


@pytest.mark.parametrize("is_copied", [True, False])
def test_what_was_seen_and_not_read_is_counted_and_the_time_unseen_is_told(
    reader: Reader, log: Path, caplog: pytest.LogCaptureFixture, is_copied: bool
) -> None:
    """While the server is slow, files grow and are cut short long before their next read."""
    path = log / "request.ndjson"
    append(path, "a1")
    reader.run()
    if is_copied:
        copy(log)
    append(path, "lost")
    for _ in range(3):
        reader.now_s += 5
        reader.tail.look()
    reader.now_s += 3
    os.truncate(path, 0)
    reader.tail.look()
    (entry,) = told(caplog, "file_truncated")
    assert getattr(entry, "card.file.lost_bytes") == 5
    assert getattr(entry, "card.file.unseen_ms") == 3000


def test_a_rotated_file_of_one_line_that_is_compressed_is_not_shipped_again(
    reader: Reader, log: Path
) -> None:
    path, packed = log / "request.ndjson.1", log / "request.ndjson.1.gz"
    append(path, "same")
    assert texts(reader.run()) == ["same"]
    compress(path, packed)
    path.unlink()
    assert reader.run() | reader.run() | reader.later() | reader.later() == {}
    reader.restart()
    assert reader.run() == {}


def test_a_file_of_one_line_that_is_renamed_and_compressed_within_a_look_is_shipped_once(
    reader: Reader, log: Path
) -> None:
    """Its first line was not whole when it was met, so it is met with its compressed form at one look."""
    path, packed = log / "request.ndjson", log / "request-20261123.ndjson.gz"
    path.write_text("sa")
    assert reader.run() == {}
    append(path, "me")
    compress(path, packed)
    path.unlink()
    lines = {}
    for _ in range(3):
        lines |= reader.run() | reader.later()
    assert texts(lines) == ["same"]
    reader.restart()
    assert reader.run() | reader.later() == {}


def test_a_file_that_goes_between_the_listing_and_the_look_at_its_compressed_form_is_shipped_once(
    reader: Reader, log: Path
) -> None:
    path, packed = log / "request.ndjson.1", log / "request.ndjson.1.gz"
    append(path, "same")
    assert texts(reader.run()) == ["same"]
    compress(path, packed)
    listed = reader.tail._strangers.listed

    def late(files: Mapping[Place, Found]) -> None:
        listed(files)
        path.unlink(missing_ok=True)

    reader.tail._strangers.listed = late  # type: ignore[method-assign]
    assert reader.run() | reader.run() | reader.later() == {}


LONG = [f"{name}{'-' * 62}" for name in "abcdef"]


def copy_behind(path: Path, lines: list[str]) -> None:
    """A rotated file that is met after `path`: they are met in the order of their inodes."""
    for number in range(1000):
        file = path.parent.parent / f"spare-{number}"
        append(file, *lines)
        if file.stat().st_ino > path.stat().st_ino:
            file.rename(path.with_name("request.ndjson.1"))
            return
    pytest.fail("no inode was free behind that of the file")


def cut_while_dead(reader: Reader, path: Path, copied: list[str]) -> None:
    """All of LONG is read; a copy of `copied` alone is there when the shipper comes back."""
    append(path, *LONG)
    assert len(reader.run()) == len(LONG)
    reader.run()
    reader.kill()
    copy_behind(path, copied)
    os.truncate(path, 0)
    append(path, "new")


@pytest.mark.parametrize("copied", [LONG[:1], LONG[:3]])
def test_a_copy_that_ends_before_what_was_read_is_known_after_a_crash(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture, copied: list[str]
) -> None:
    reader = Reader(home, SETTINGS.model_copy(update={"fingerprint_bytes": 4096}))
    cut_while_dead(reader, log / "request.ndjson", copied)
    reader.start()
    assert texts(reader.run() | reader.run() | reader.later() | reader.later()) == ["new"]
    assert losses(caplog) == [0]
    reader.restart()
    assert reader.run() == {}
    reader.stop()


@pytest.mark.parametrize("others", [[*LONG[:2], "other"], [*LONG[:1], "other"]])
def test_a_file_that_shares_only_its_first_lines_is_shipped_after_a_crash(
    home: Path, log: Path, others: list[str]
) -> None:
    reader = Reader(home, SETTINGS.model_copy(update={"fingerprint_bytes": 4096}))
    cut_while_dead(reader, log / "request.ndjson", others)
    reader.start()
    assert texts(reader.run() | reader.run()) == sorted([*others, "new"])
    reader.stop()


def test_a_cut_is_told_though_the_shipper_was_killed_before_there_was_room_for_the_copy(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": 1}))
    cut_while_dead(reader, log / "request.ndjson", LONG)
    reader.start()
    reader.tail.look()
    reader.kill()
    reader.start()
    assert texts(reader.run() | reader.run() | reader.later() | reader.later()) == ["new"]
    assert losses(caplog) == [0]
    reader.stop()


def spares(log: Path) -> list[Path]:
    """Empty files with lower inodes than any that is made from now on; a copy that is one is opened first."""
    files = [log.parent / f"spare-{number}" for number in range(2)]
    for each in files:
        each.touch()
    return files


def copy_into(spare: Path, path: Path, number: int) -> None:
    target = path.with_name(f"{path.name}.{number}")
    spare.rename(target)
    shutil.copyfile(path, target)


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("killed", [False, True])
def test_a_copy_waits_for_its_original_for_which_there_was_no_room(
    home: Path, log: Path, copies: int, killed: bool
) -> None:
    path = log / "request.ndjson"
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": copies}))
    empty = spares(log)
    for number in range(copies):
        append(log / f"busy{number}.ndjson", *LONG[:2])
    reader.tail.look()
    append(path, "a1", "a2", "a3")
    for number, spare in enumerate(empty[:copies]):
        copy_into(spare, path, copies - number)
    if killed:
        reader.kill()
        reader.start()
    append(path, "a4")
    lines: dict[str, bytes] = {}
    for _ in range(10):
        lines |= reader.later()
    assert texts(lines).count("a1") == 1
    assert {"a1", "a2", "a3", "a4"} <= set(texts(lines))
    os.truncate(path, 0)
    append(path, "b1")
    for _ in range(10):
        lines |= reader.later()
    assert texts(lines) == sorted([*LONG[:2] * copies, "a1", "a2", "a3", "a4", "b1"])
    reader.stop()


@pytest.mark.parametrize("is_deleted", [False, True])
@pytest.mark.parametrize("then", [[], ["b1"], [*LONG]])
def test_what_was_copied_of_a_file_that_rests_is_read_though_it_was_cut_before_there_was_room(
    home: Path, log: Path, caplog: pytest.LogCaptureFixture, is_deleted: bool, then: list[str]
) -> None:
    path = log / "request.ndjson"
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": 2}))
    (empty, _) = spares(log)
    append(path, "a1", "a2")
    lines = reader.run() | reader.run()
    append(log / "other.ndjson", "o1")
    append(log / "third.ndjson", "t1")
    for _ in range(3):
        lines |= reader.run()
    append(log / "third.ndjson", "t2")
    append(path, "a3", "a4")
    copy_into(empty, path, 1)
    reader.tail.look()
    if is_deleted:
        path.unlink()
    else:
        os.truncate(path, 0)
        append(path, *then)
    for _ in range(10):
        lines |= reader.later()
    then = [] if is_deleted else then
    assert texts(lines) == sorted(["a1", "a2", "a3", "a4", "o1", "t1", "t2", *then])
    assert len({name[:25] for name, line in lines.items() if line in (b"a1", b"a2", b"a3", b"a4")}) == 1
    assert losses(caplog) == ([] if is_deleted else [0])
    reader.stop()


@pytest.mark.parametrize("killed", [False, True])
def test_a_file_that_was_written_copied_and_cut_between_two_looks_is_told_by_its_copy(
    reader: Reader, log: Path, caplog: pytest.LogCaptureFixture, killed: bool
) -> None:
    path = log / "request.ndjson"
    path.touch()
    reader.run()
    reader.now_s += 3
    if killed:
        reader.kill()
    append(path, "a1", "a2")
    copy(log)
    append(path, "lost")
    os.truncate(path, 0)
    if killed:
        reader.start()
    assert texts(reader.run()) == ["a1", "a2"]
    (entry,) = told(caplog, "file_truncated")
    assert getattr(entry, "card.file.path") == "log/request.ndjson"
    assert getattr(entry, "card.file.unseen_ms") >= 3000
    append(path, "b1")
    assert texts(reader.run() | reader.run()) == ["b1"]
    path.rename(log / "request.ndjson.2")
    append(path, "c1")
    assert texts(reader.run() | reader.run()) == ["c1"]
    assert len(told(caplog, "file_truncated")) == 1


def test_a_file_cut_while_its_lines_are_read_is_seen_to_be_another(
    reader: Reader, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut short and written anew between the check of what was read and the look at the size."""
    path = log / "request.ndjson"
    append(path, *LONG)
    reader.tail.look()
    (harvester,) = reader.tail.harvesters()
    size = harvester.content.size
    sizes: list[int] = []

    def slowly() -> int:
        if len(sizes) == 1:
            path.write_bytes(b"new\n")
        sizes.append(size())
        return sizes[-1]

    monkeypatch.setattr(harvester.content, "size", slowly)
    lines, ends = reader.read()
    assert len(lines) == len(LONG)
    reader.tail.checkpoint(ends)
    assert texts(reader.run() | reader.run()) == ["new"]


def test_a_file_of_one_line_is_shipped_when_it_was_renamed_and_begins_as_one_that_is_gone(
    home: Path, log: Path
) -> None:
    path = log / "request.ndjson"
    reader = Reader(home)
    append(path, "same", "more")
    reader.run()
    reader.kill()
    with path.open("rb"):  # its inode is not given to another file, as if it had been cut short
        path.unlink()
        append(log / "request.ndjson.1", "same")
        append(path, "new")
    reader.start()
    assert texts(reader.run() | reader.run()) == ["new", "same"]
    reader.stop()


@pytest.mark.parametrize("lines", [["a1"], ["a1", "a2"]])
def test_a_copy_that_is_listed_after_its_file_was_cut_is_found_at_once(
    reader: Reader, log: Path, caplog: pytest.LogCaptureFixture, lines: list[str]
) -> None:
    path = log / "request.ndjson"
    append(path, *lines)
    reader.run()
    copy(log)
    append(path, "lost")
    assert texts(reader.read()[0]) == ["lost"]
    os.truncate(path, 0)
    assert reader.run() | reader.run() == {}
    (entry,) = told(caplog, "file_truncated")
    assert "copied to request.ndjson.1" in entry.getMessage()


def test_lines_under_way_are_not_handed_out_again_when_the_copy_is_found_late(
    reader: Reader, log: Path
) -> None:
    path = log / "request.ndjson"
    append(path, *LONG)
    reader.tail.look()
    lines, ends = reader.read()
    assert len(lines) == len(LONG)
    content = path.read_bytes()
    os.truncate(path, 0)
    reader.tail.look()
    (log / "request.ndjson.1").write_bytes(content + b"more\n")
    assert texts(reader.run() | reader.run()) == ["more"]
    reader.tail.checkpoint(ends)
    reader.restart()
    assert reader.run() == {}


def test_lines_that_an_earlier_run_may_have_sent_are_looked_up_though_the_copy_is_found_late(
    reader: Reader, log: Path
) -> None:
    path = log / "request.ndjson"
    append(path, *LONG)
    reader.tail.look()
    lines, _ = reader.read()
    assert len(lines) == len(LONG)
    reader.kill()
    reader.start()
    reader.tail.look()
    content = path.read_bytes()
    os.truncate(path, 0)
    reader.tail.look()
    (log / "request.ndjson.1").write_bytes(content)
    reader.pieces.clear()
    assert len(reader.run()) == len(LONG)
    assert all(piece.uncertain for piece in reader.pieces)


def after_listing(reader: Reader, monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Has `act` happen once, in the next look, as soon as the folders were listed."""
    folders = reader.tail._folders
    refresh = folders.refresh

    def refreshed(force: bool = False) -> bool:
        monkeypatch.undo()
        is_listed = refresh(force)
        act()
        return is_listed

    monkeypatch.setattr(folders, "refresh", refreshed)


@pytest.mark.parametrize("written", [["a1"], ["a1", "a2"]])
def test_a_copy_that_is_compressed_while_its_folder_is_looked_at_is_shipped_once(
    reader: Reader, log: Path, monkeypatch: pytest.MonkeyPatch, written: list[str]
) -> None:
    path = log / "request.ndjson"
    append(path, *written)
    lines = reader.run()
    plain = copy(log)
    os.truncate(path, 0)
    append(path, "b1")
    lines |= reader.run() | reader.run()
    packed = Path(f"{plain}.gz")
    compress(plain, packed)
    after_listing(reader, monkeypatch, plain.unlink)
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == [*written, "b1"]


def test_a_file_that_is_written_anew_and_copied_after_it_was_looked_at_is_shipped_once(
    home: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is listed; that its original is another file by now is not known yet."""
    path = log / "request.ndjson"
    reader = Reader(home)
    append(path, "a1", "a2")
    lines = reader.run()
    glance = reader.tail._glance

    def glanced() -> None:
        glance()
        monkeypatch.undo()
        os.truncate(path, 0)
        append(path, "b1", "b2")
        copy(log)

    monkeypatch.setattr(reader.tail, "_glance", glanced)
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "b1", "b2"]
    reader.stop()


@pytest.mark.parametrize("is_cut", [False, True])
@pytest.mark.parametrize("is_renamed", [False, True])
def test_copies_leave_their_room_to_files_that_wait(
    home: Path, log: Path, is_cut: bool, is_renamed: bool
) -> None:
    path = log / "request.ndjson"
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": 1}))
    append(path, "a1", "a2")
    lines = reader.run() | reader.run()
    append(path, "a3")
    held = copy(log)
    for _ in range(4):
        lines |= reader.run()
    append(log / "other.ndjson", "o1")
    for _ in range(4):
        lines |= reader.run()
    assert texts(lines) == ["a1", "a2", "a3", "o1"]
    assert reader.open_files() == 1
    if is_renamed:
        held.rename(log / "request.ndjson.2")
        reader.run()
    append(path, "a4")
    if is_cut:
        os.truncate(path, 0)
        append(path, "b1")
    for _ in range(6):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "a3", "b1" if is_cut else "a4", "o1"]
    reader.stop()


@pytest.mark.parametrize("is_empty", [False, True])
@pytest.mark.parametrize("new", ["request.ndjson", "request.ndjson.1"])
def test_a_new_file_at_the_place_of_a_copy_that_was_closed_is_read(
    home: Path, log: Path, new: str, is_empty: bool
) -> None:
    """A disk gives the inode of a deleted file to the next one."""
    path = log / "request.ndjson"
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": 1}))
    append(path, "a1", "a2")
    lines = reader.run()
    held = copy(log)
    for _ in range(2):
        lines |= reader.run()
    append(log / "other.ndjson", "o1")
    for _ in range(4):
        lines |= reader.run()
    path.rename(log / "request.ndjson.2")
    os.truncate(held, 0)
    held.rename(log / new)
    if is_empty:
        lines |= reader.run()
    append(log / new, "b1")
    for _ in range(6):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "b1", "o1"]
    reader.stop()


@pytest.mark.parametrize("dead", [False, True])
def test_a_copy_of_a_file_that_was_given_an_odd_name_is_not_shipped(
    reader: Reader, log: Path, dead: bool
) -> None:
    path = log / "request.ndjson"
    append(path, "a1", "a2")
    lines = reader.run()
    if dead:
        reader.stop()
    append(path, "a3")
    copy(log)
    path.rename(log / "old-1")
    if dead:
        reader.start()
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "a3"]
    reader.stop()


def test_a_compressed_file_at_the_place_of_one_that_is_gone_waits_beside_its_plain_file(
    reader: Reader, log: Path
) -> None:
    """A disk gives the inode of a deleted file to the next one: here to what its copy is compressed to."""
    path = log / "request.ndjson"
    words = [f"{number**9:x}" for number in range(10, 30)]
    append(path, *words)
    held = copy(log)
    reader.tail.look()
    reader.stop()
    compress(held, path)
    packed = path.rename(f"{held}.gz")
    content = packed.read_bytes()
    os.truncate(packed, len(content) * 2 // 3)
    reader.start()
    lines = reader.run()
    packed.write_bytes(content)
    held.unlink()
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == sorted(words)
    reader.stop()


def test_what_a_copy_is_compressed_to_is_known_at_the_place_of_the_file_that_was_cut(
    reader: Reader, log: Path
) -> None:
    path = log / "request.ndjson"
    append(path, "a1", "a2")
    reader.tail.look()
    held = copy(log)
    reader.tail.look()
    os.truncate(path, 0)
    lines = reader.run()
    compress(held, path)  # in a new file, to which the disk gave the inode of the deleted one
    path.rename(f"{held}.gz")
    held.unlink()
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2"]
    reader.stop()


def copied_beside_a_header(reader: Reader, log: Path) -> tuple[Path, Path, Lines]:
    """A file that was read and copied, one of which there is only the same first line, and what was read."""
    path, short = log / "service.ndjson", log / "request.ndjson"
    append(short, "header")
    lines = reader.run()
    append(path, "header", "a1", "a2")
    lines |= reader.run()
    shutil.copyfile(path, log / "service.ndjson.1")
    return path, short, lines


def test_a_copy_is_told_by_its_note_before_files_that_begin_alike(reader: Reader, log: Path) -> None:
    _, short, lines = copied_beside_a_header(reader, log)
    reader.tail.look()
    short.unlink()
    reader.restart()
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "header", "header"]
    reader.stop()


def test_a_file_is_known_by_the_longest_beginning_though_others_are_gone_that_begin_alike(
    reader: Reader, log: Path
) -> None:
    """Of one of them nothing but the first line, the same in all files, was ever read."""
    path, short, lines = copied_beside_a_header(reader, log)
    short.unlink()
    path.unlink()
    reader.restart()
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "header", "header"]
    reader.stop()


def test_a_new_file_at_the_place_that_a_crash_left_noted_as_a_copys_is_read(
    reader: Reader, log: Path
) -> None:
    path = log / "request.ndjson"
    append(path, "header", "a1", "a2", "a3")
    lines = reader.run()
    held = copy(log)
    reader.tail.look()
    path.unlink()
    reader.kill()
    held.write_bytes(b"header\nb1\n")  # in a new file, to which the disk gave the inode of the deleted copy
    held.rename(path)
    reader.start()
    for _ in range(4):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "a3", "b1", "header", "header"]
    reader.stop()


def test_the_longer_of_two_copies_stands_for_their_original_though_it_had_no_room(
    home: Path, log: Path
) -> None:
    path = log / "request.ndjson"
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": 2}))
    append(path, "a1", "a2")
    compress(path, log / "request.ndjson.1.gz")
    lines = reader.run()
    append(path, "a3", "a4")
    lines |= reader.run()
    (log / "request.ndjson.2").write_bytes(path.read_bytes() + b"a5\n")
    path.unlink()
    for _ in range(6):
        lines |= reader.later()
    assert texts(lines) == ["a1", "a2", "a3", "a4", "a5"]
    reader.restart()
    assert reader.run() == {}
    reader.stop()


def test_a_file_that_is_emptied_before_its_first_line_is_whole_leaves_its_room(home: Path, log: Path) -> None:
    path = log / "request.ndjson"
    reader = Reader(home, SETTINGS.model_copy(update={"open_files": 1}))
    path.write_bytes(b"half")
    reader.tail.look()
    append(log / "other.ndjson", "o1")
    assert reader.run() == {}
    os.truncate(path, 0)
    assert texts(reader.run() | reader.run()) == ["o1"]
    reader.stop()
