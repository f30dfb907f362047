"""The official Elasticsearch client, built from the settings."""

from __future__ import annotations

from typing import Any

from elasticsearch import Elasticsearch

from app.commands.settings import Settings

TIMEOUT_S = 30.0


def connect(settings: Settings, **options: Any) -> Elasticsearch:
    """A client for the server of the settings; `options` go to the client as they are."""
    return Elasticsearch(settings.servers, **{"request_timeout": TIMEOUT_S, **_security(settings), **options})


def _security(settings: Settings) -> dict[str, Any]:
    chosen: dict[str, Any] = {}
    if settings.elasticsearch_ca_file:
        chosen["ca_certs"] = str(settings.elasticsearch_ca_file)
    if settings.elasticsearch_api_key:
        chosen["api_key"] = settings.elasticsearch_api_key.get_secret_value()
    elif settings.elasticsearch_user and settings.elasticsearch_password:
        user, password = settings.elasticsearch_user, settings.elasticsearch_password
        chosen["basic_auth"] = (user.get_secret_value(), password.get_secret_value())
    return chosen
