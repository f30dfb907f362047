"""What `cardwatch audit` prints of a report."""

from __future__ import annotations

import pytest

from app.commands.audit import _print
from shippers.audit.report import FileReport, Found, Proof, Report, State

PATH = "log/request-2026-11-23T03:12:45[red].ndjson.17"
FOUND = Found(Proof.IDS, 1234567, 1234560, missing_lines=7, doubled_lines=1)
WRONG = FileReport(
    PATH,
    "id",
    "s",
    State.THERE,
    read=1234567,
    acknowledged=1234500,
    quarantined=67,
    kept=67,
    lost_bytes=5,
    found=FOUND,
)


def test_in_a_narrow_terminal_nothing_is_cut(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _print(Report([WRONG], 1234567, 1.0), allow_lost=False)
    table = capsys.readouterr().out.partition(f"{PATH} (id)")[0]
    assert "…" not in table
    width = max(row.find("state") for row in table.splitlines())  # the file's column is the first one
    assert "".join(row[:width].strip() for row in table.splitlines()) == f"file{PATH}"
    words = " ".join(row[width:] for row in table.splitlines()).split()
    assert {"1234567", "1234500", "67", "1234560", "7", "1", "5"} <= set(words)
    assert {"missing,", "doubled,", "lost"} <= set(words)


def test_columns_in_which_nothing_happened_leave_room_for_the_names(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _print(
        Report([FileReport(PATH, "id", "s", State.THERE, read=9, acknowledged=9)], 9, 1.0), allow_lost=False
    )
    said = capsys.readouterr().out
    assert PATH in said
    assert "pending" not in said
    assert max(map(len, said.splitlines())) <= 80
