"""Settings of the samplers."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from shippers.metricsets.settings import SamplerSettings


def test_several_services_stand_in_one_setting() -> None:
    settings = SamplerSettings(services=" http://a:1/  https://b/service  http://a:1 ")
    assert settings.urls == ("http://a:1", "https://b/service")


@pytest.mark.parametrize("services", ["a:1", "ftp://a", "http://", "http://user:word@a:1"])
def test_what_is_no_service_is_refused(services: str) -> None:
    with pytest.raises(ValidationError):
        SamplerSettings(services=services)


@pytest.mark.parametrize("name", ["gpu", "host", "health"])
def test_a_period_is_ten_seconds_and_never_less_than_one(name: str) -> None:
    assert SamplerSettings().period_s(name) == 10
    assert SamplerSettings(**{f"{name}_period_s": 1}).period_s(name) == 1
    with pytest.raises(ValidationError):
        SamplerSettings(**{f"{name}_period_s": 0.9})
