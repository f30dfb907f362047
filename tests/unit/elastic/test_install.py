"""What counts as the same template."""

from elastic.install import normalised

WANTED = {"template": {"settings": {"index": {"codec": "best_compression"}}}, "_meta": {"a": 1}}


def test_settings_are_the_same_however_they_are_nested() -> None:
    for settings in ({"index.codec": "best_compression"}, {"codec": "best_compression"}):
        assert normalised({**WANTED, "template": {"settings": settings}}) == normalised(WANTED)


def test_a_server_s_defaults_do_not_count() -> None:
    assert normalised({**WANTED, "created_date": "2026-01-01", "ignore_missing_component_templates": []}) == (
        normalised(WANTED)
    )


def test_another_value_does_count() -> None:
    changed = {**WANTED, "template": {"settings": {"index": {"codec": "default"}}}}
    assert normalised(changed) != normalised(WANTED)
    assert normalised({**WANTED, "_meta": {"a": 2}}) != normalised(WANTED)
