"""What a machine needs to start: the SUBLARR_ environment, read once into a frozen object.

Every variable has a `_FILE` twin that names a file holding the value (Docker secrets); setting
both is an error. What a person chooses while the product runs is a row, not a setting.
"""

import os
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from sublarr_tasks.errors import StartError

PREFIX = "SUBLARR_"


class CacheLink(StrEnum):
    """How a local file's bytes get into the cache; what cannot be done falls back to a copy."""

    COPY = "copy"
    REFLINK = "reflink"
    HARDLINK = "hardlink"


class LogFormat(StrEnum):
    """How a log line looks."""

    CONSOLE = "console"
    JSON = "json"


class Settings(BaseSettings):
    """The environment of this process; see the README for the table."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="ignore")

    home: Path = Field(Path("~/.sublarr"), description="database, cache, keys and logs")
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL to use; unset: an embedded one starts"
    )
    database_prepare: bool = Field(
        True,  # noqa: FBT003 - pydantic's first argument is the default
        description="prepared statements; false behind pgbouncer older than 1.21",
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis to use; unset: an embedded one starts"
    )
    host: str = Field("127.0.0.1", description="address the API listens on")
    port: int = Field(5765, ge=1, le=65535, description="port of the API")
    flower_host: str = Field("127.0.0.1", description="address Flower listens on")
    flower_port: int = Field(5555, ge=1, le=65535, description="port of Flower")
    flower_password: SecretStr | None = Field(
        None, description="password of Flower's user `sublarr`; unset: the API key"
    )
    api_key: SecretStr | None = Field(
        None, description="key of the API; unset: made on first start, kept in HOME/api_key"
    )
    encryption_keys: SecretStr | None = Field(
        None,
        description="Fernet keys for stored secrets, the newest first, separated by commas;"
        " unset: HOME/encryption_keys, which all hosts must share",
    )
    trusted_proxies: int = Field(
        0, ge=0, le=10, description="how many proxies of yours stand before the API"
    )
    allow_private_addresses: bool = Field(
        True,  # noqa: FBT003 - pydantic's first argument is the default
        description="connect to services on private networks, as at home",
    )
    library_roots: Annotated[tuple[Path, ...], NoDecode] = Field(
        (Path("/"),), description="folders that may hold libraries, separated by `:`"
    )
    cache_dir: Path | None = Field(None, description="where cached assets live; unset: HOME/cache")
    recycle_dir: Path | None = Field(
        None, description="where replaced and deleted subtitles of ours go; unset: HOME/recycle"
    )
    cache_link: CacheLink = Field(
        CacheLink.REFLINK, description="copy, reflink or hardlink; what cannot be done is a copy"
    )
    cache_max_bytes: int = Field(
        536_870_912, ge=1, description="an asset larger than this is not cached"
    )
    concurrency: int = Field(
        0, ge=0, description="child processes of each worker; 0: one for each processor"
    )
    requests_at_once: int = Field(
        4, ge=1, le=64, description="requests to services that a child process makes at once"
    )
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_format: LogFormat = Field(LogFormat.CONSOLE, description="console or json")

    @field_validator("library_roots", mode="before")
    @classmethod
    def _split_roots(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic hands over what it was given
        return tuple(p for p in value.split(os.pathsep) if p) if isinstance(value, str) else value

    @field_validator("home", "cache_dir", "recycle_dir")
    @classmethod
    def _expand(cls, value: Path | None) -> Path | None:
        return None if value is None else value.expanduser().absolute()

    @property
    def cache_root(self) -> Path:
        return self.cache_dir or self.home / "cache"

    @property
    def recycle(self) -> Path:
        return self.recycle_dir or self.home / "recycle"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the base class names it
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read the environment and its `_FILE` twins; no .env file, no secrets folder."""
        return init_settings, env_settings, FileTwins(settings_cls)


class FileTwins(PydanticBaseSettingsSource):
    """Values from the files that SUBLARR_..._FILE variables name."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 - the base class's signature
        variable = PREFIX + field_name.upper()
        path = os.environ.get(f"{variable}_FILE")
        if path is None:
            return None, field_name, False
        if variable in os.environ:
            raise StartError(f"{variable} and {variable}_FILE are both set; keep one.")
        try:
            return Path(path).read_text().strip(), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise StartError(f"{variable}_FILE names {path}, which cannot be read.") from error

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields
        found = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def read() -> Settings:
    """Build the settings from the environment; raises StartError that names the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        variable = PREFIX + str(first["loc"][0]).upper()
        raise StartError(f"{variable}: {first['msg']}.") from error


current = cache(read)
"""The settings of this process, read at the first call."""
