"""The table of the service says the same as the field dictionary."""

from pathlib import Path

import yaml

from app.service.fields import ECS_VERSION, FIELDS

DICTIONARY = yaml.safe_load((Path(__file__).parents[3] / "elastic" / "fields.yml").read_text("utf-8"))
LOGS = {"card.request", "card.service"}


def test_every_field_of_the_log_streams_stands_in_the_table_and_no_other() -> None:
    expected = {
        field["name"]: field["type"]
        for field in DICTIONARY
        if "streams" not in field or LOGS & set(field["streams"])
    }

    assert dict(FIELDS) == expected, "bring app/service/fields.py and elastic/fields.yml together"


def test_the_ecs_version_is_the_dictionarys() -> None:
    examples = {field["name"]: field["example"] for field in DICTIONARY}
    assert examples["ecs.version"] == ECS_VERSION
