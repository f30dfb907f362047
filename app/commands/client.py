"""The official Elasticsearch client, built from the settings."""

from __future__ import annotations

import ssl
from typing import Any

from elasticsearch import Elasticsearch

from app.commands.errors import UnusableSettings
from app.commands.settings import Settings

TIMEOUT_S = 30.0


def connect(settings: Settings, **options: Any) -> Elasticsearch:
    """A client for the server of the settings; `options` go to the client as they are.

    Raises:
        UnusableSettings: the settings do not go together, such as a CA certificate and an `http` URL.
    """
    chosen = {"request_timeout": TIMEOUT_S, **_security(settings), **options}
    try:
        return Elasticsearch(settings.servers, **chosen)
    except ValueError as error:
        raise UnusableSettings(f"No connection can be made with these settings: {_reason(error)}") from error


def check(settings: Settings) -> None:
    """Makes a client and closes it, and reads the CA certificate; nothing is asked of the server.

    Raises:
        UnusableSettings: no client can be made, or the CA file holds no certificate.
    """
    connect(settings).close()
    path = settings.elasticsearch_ca_file
    try:
        ssl.create_default_context(cafile=path)
    except OSError as error:
        raise UnusableSettings(
            f"{path} cannot be used as the CA certificate ({error.strerror or error}): let "
            "CARDWATCH_ELASTICSEARCH_CA_FILE name a file with it in PEM."
        ) from error


def _reason(error: ValueError) -> str:
    if isinstance(error, UnicodeError):  # its text shows a character of the secret
        return "the user name and the password must be ASCII."
    if "TLS options" in str(error):
        return (
            "a CA certificate is for https. Write https:// in CARDWATCH_ELASTICSEARCH, or leave "
            "CARDWATCH_ELASTICSEARCH_CA_FILE out."
        )
    return f"{error}. See CARDWATCH_ELASTICSEARCH."


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
