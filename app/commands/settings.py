"""All settings in one frozen object: command line > environment > secret files > cardwatch.toml > default.

A setting `port` of the section `serve` is `--port` on the command line, CARDWATCH_SERVE_PORT in the
environment and `port` under `[serve]` in the TOML file. A setting without a section, such as `model`, is
CARDWATCH_MODEL and a key at the top of the file. A secret may also be read from a file that
CARDWATCH_<NAME>_FILE names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.detection.settings import DetectionSettings
from app.service.settings import ServiceSettings
from elastic.node.settings import NodeSettings
from shippers.settings import ShipperSettings

PREFIX = "CARDWATCH_"
CONFIG = "CARDWATCH_CONFIG"
TOML_FILE = "cardwatch.toml"


class Settings(DetectionSettings, BaseSettings):
    """What every command shares, the detector's settings, and one section for each long-running part."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        frozen=True,
        extra="forbid",
        protected_namespaces=(),
    )

    home: Path = Field(Path("var"), description="Folder of everything the processes read and write.")
    namespace: str = Field(
        "default",
        pattern=r"^[a-z0-9_]{1,100}$",
        description="Namespace of the data streams, such as `production`.",
    )
    environment: str = Field("development", description="Written to every line as service.environment.")
    elasticsearch: str = Field(
        "http://127.0.0.1:9200",
        pattern=r"^https?://[^\s,]+(\s*,\s*https?://[^\s,]+)*$",
        description="The server that every command talks to, or several nodes of one cluster with commas "
        "between them; given, `up` leaves the embedded node out.",
    )
    elasticsearch_api_key: SecretStr | None = Field(
        None, description="API key, encoded (id:key in base64), read from a file."
    )
    elasticsearch_user: SecretStr | None = Field(
        None, description="User name for basic authentication, read from a file."
    )
    elasticsearch_password: SecretStr | None = Field(
        None, description="Password of that user, read from a file."
    )
    elasticsearch_ca_file: Path | None = Field(
        None, description="CA certificate (PEM) that signed the server's."
    )

    serve: ServiceSettings = ServiceSettings()
    ship: ShipperSettings = ShipperSettings()
    node: NodeSettings = NodeSettings()

    @property
    def server(self) -> str:
        """URL of the server as it was set, else the embedded node's."""
        return f"http://{self.node.host}:{self.node.port}" if self.embedded else self.elasticsearch

    @property
    def servers(self) -> list[str]:
        """URL of each node of it."""
        return [url.strip() for url in self.server.split(",")]

    @property
    def embedded(self) -> bool:
        """Whether the local stack brings its own node."""
        return "elasticsearch" not in self.model_fields_set

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, toml_file=os.environ.get(CONFIG, TOML_FILE))
        return (init_settings, env_settings, SecretFiles(settings_cls), toml)


class SecretFiles(PydanticBaseSettingsSource):
    """Reads a setting from the file that CARDWATCH_<NAME>_FILE names, without the line end."""

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE")
        return (Path(path).read_text("utf-8").strip() if path else None), field_name, False

    def __call__(self) -> dict[str, Any]:
        secrets = (name for name in self.settings_cls.model_fields if not name.endswith("_file"))
        values = {name: self.get_field_value(None, name)[0] for name in secrets}
        return {name: value for name, value in values.items() if value is not None}


def load() -> Settings:
    """The settings of this process, read now.

    Raises:
        pydantic.ValidationError: one of them is wrong.
    """
    return Settings()
