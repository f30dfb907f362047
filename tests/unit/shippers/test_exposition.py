"""What the shipper counted, as the fields of an event."""

from __future__ import annotations

from pathlib import Path

import yaml

from shippers.counters import Counters
from shippers.exposition import fields

DICTIONARY = yaml.safe_load((Path(__file__).parents[3] / "elastic" / "fields.yml").read_text("utf-8"))


def counted() -> Counters:
    counters = Counters(read=10, acknowledged=5)
    counters.quarantine(["not_utf8", "not_utf8", "document_parsing_exception"])
    for kind in ("timeout", "timeout", "503"):
        counters.error(kind)
    counters.lost_bytes["truncated"] = 7
    return counters


def test_what_has_reasons_is_told_in_all_and_by_reason() -> None:
    told = fields(counted())
    assert told["card.ship.discarded_events"] == 3
    assert told["card.ship.discarded_events_by_reason"] == {"not_utf8": 2, "document_parsing_exception": 1}
    assert told["card.ship.errors"] == 3
    assert told["card.ship.errors_by_type"] == {"timeout": 2, "503": 1}
    assert told["card.ship.lost_bytes"] == 7
    assert told["card.ship.lost_bytes_by_reason"] == {"truncated": 7}


def test_reasons_that_nothing_was_counted_for_are_left_out() -> None:
    assert not [value for value in fields(Counters()).values() if value != 0]


def test_the_fields_are_those_of_the_dictionary() -> None:
    known = {field["name"] for field in DICTIONARY if field["name"].startswith("card.ship.")}
    assert fields(counted()).keys() == known
