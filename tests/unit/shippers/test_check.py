import pytest

from shippers.files.check import Fault, all_sound, fault_of, unparsable

CASES = [
    (b"{}", None),
    (b'{"a":"\xe8\xba\xab"}', None),
    (b"", Fault.NOT_AN_OBJECT),
    (b"[1]", Fault.NOT_AN_OBJECT),
    (b'{"a":1', Fault.NOT_AN_OBJECT),
    (b'"a":1}', Fault.NOT_AN_OBJECT),
    (b"{\0}", Fault.NUL),
    (b"\0\0\0", Fault.NUL),
    (b"{\xff}", Fault.NOT_UTF8),
    (b'{"a":"' + b"x" * 60 + b'"}', Fault.TOO_LONG),
]


@pytest.mark.parametrize(("line", "fault"), CASES)
def test_faults(line: bytes, fault: Fault | None) -> None:
    assert fault_of(line, 64) is fault


@pytest.mark.parametrize(("line", "fault"), CASES)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_one_bad_line_anywhere_spoils_a_block_and_a_good_one_does_not(
    line: bytes, fault: Fault | None, position: int
) -> None:
    lines = [b'{"n":1}', b'{"n":2}']
    lines.insert(position, line)
    assert all_sound(b"\n".join(lines), lines, 64) is (fault is None)


@pytest.mark.parametrize("line", [b'{"a":1}\r', b' \t{"a":1}', b'\r{"a":1} \t\r'])
def test_white_space_around_an_object_is_no_fault(line: bytes) -> None:
    assert fault_of(line, 64) is None
    assert unparsable(line) is None


@pytest.mark.parametrize("line", [b"\r", b" \t", b'{"a":1\r', b'\x0b{"a":1}', b'{"a":1}\x0c', b"\xc2\xa0{}"])
def test_other_characters_around_an_object_and_mere_white_space_are(line: bytes) -> None:
    assert fault_of(line, 64) is Fault.NOT_AN_OBJECT
