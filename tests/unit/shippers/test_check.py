import pytest

from shippers.files.check import Fault, all_sound, fault_of

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
