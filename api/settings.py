"""All settings of the service in one frozen tree, read from the environment (`EVENHAND_…`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """What can be set; `database_url` left out means SQLite in the data folder."""

    model_config = SettingsConfigDict(env_prefix="EVENHAND_", frozen=True, extra="ignore")

    data_dir: Path = Field(
        Path("evenhand-data"), description="where the service keeps what is its own"
    )
    database_url: SecretStr | None = Field(
        None, description="PostgreSQL: postgresql://user:password@host/name"
    )
    vault_url: SecretStr | None = Field(
        None,
        description="PostgreSQL, as a role of its own: where what people declare for audits lies; needed beside EVENHAND_DATABASE_URL",
    )
    origin: str = Field("evenhand.local/log", description="the name under which the log is signed")
    sign_seconds: int = Field(
        60, ge=1, le=86_400, description="how often the head of the log is signed while it grows"
    )
    batch_size: int = Field(200, ge=1, le=10_000, description="the most records in one commit")
    max_body_bytes: int = Field(1 << 20, ge=1024, description="the largest request that is read")
    max_draft_bytes: int = Field(16 << 20, ge=1024, description="the largest draft that is read")
    max_batch_bytes: int = Field(
        64 << 20, ge=1024, le=1 << 30, description="the largest batch that is read"
    )
    requests_a_second: int = Field(
        1_000, ge=1, le=1_000_000, description="the most that one caller may ask in a second"
    )
    max_connections: int = Field(
        1_000, ge=1, le=100_000, description="the most connections that are served at once"
    )
    stop_seconds: int = Field(
        30,
        ge=1,
        le=600,
        description="how long answers under way may take when the service is stopped",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least that is logged"
    )

    def url(self) -> str:
        """Give the database's address in SQLAlchemy's form."""
        if self.database_url is None:
            return f"sqlite:///{(self.data_dir / 'evenhand.sqlite').absolute()}"
        return _driven(self.database_url)

    def vault(self) -> str | None:
        """Give the vault's address: a file beside the embedded database, another role's with PostgreSQL, or none."""
        if self.vault_url is not None:
            return _driven(self.vault_url)
        if self.database_url is None:
            return f"sqlite:///{(self.data_dir / 'vault.sqlite').absolute()}"
        return None


def _driven(address: SecretStr) -> str:
    """Name the driver in an address of PostgreSQL."""
    given = address.get_secret_value()
    for scheme in ("postgresql://", "postgres://"):
        if given.startswith(scheme):
            return "postgresql+psycopg://" + given.removeprefix(scheme)
    return given
