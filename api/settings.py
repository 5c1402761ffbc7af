"""All settings of the service in one frozen tree, read from the environment (`EVENHAND_…`)."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

_POSTGRES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
"""The names of the machine itself, where nothing in between can listen."""


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
    traces: Literal["off", "otlp"] = Field(
        "off",
        description="where traces go; `otlp` wants the extra `telemetry`, and the standard `OTEL_…` variables say where to",
    )
    failures_a_minute: int = Field(
        60,
        ge=1,
        le=100_000,
        description="how often an address may show a wrong key or password in a minute",
    )
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/\s@?#]+$",
        description="the address under which people reach the service, without a path",
    )
    session_idle_minutes: int = Field(
        30, ge=1, le=1_440, description="how long a session may be left alone"
    )
    session_hours: int = Field(12, ge=1, le=168, description="how long a session lasts at most")
    token_minutes: int = Field(
        15, ge=1, le=60, description="how long the token of an OAuth client lasts"
    )
    link_minutes: int = Field(
        1_440, ge=5, le=20_160, description="how long the link of a candidate can be redeemed"
    )
    local_sign_in: bool = Field(
        False,  # noqa: FBT003 - a default
        description="let people with a password in beside the OpenID provider",
    )
    oidc_client_id: str = Field(
        "", max_length=200, description="the name of the service at the OpenID provider"
    )
    oidc_client_secret: SecretStr | None = Field(
        None, description="its secret there; none for a public client"
    )
    oidc_scope: str = Field(
        "openid profile", max_length=300, description="what is asked of the OpenID provider"
    )
    oidc_name_claim: str = Field(
        "sub", max_length=100, description="the claim that names a person; it must never change"
    )
    oidc_roles_claim: str = Field(
        "roles", max_length=100, description="the claim with groups, its steps parted by dots"
    )
    oidc_roles: dict[str, tuple[str, ...]] = Field(
        default_factory=dict, description="the roles of each group, as JSON"
    )
    oidc_issuer: str | None = Field(
        None, max_length=300, description="the OpenID provider, as it names itself"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least that is logged"
    )

    @field_validator("database_url", "vault_url")
    @classmethod
    def _is_address(cls, address: SecretStr | None) -> SecretStr | None:
        if address is not None:
            parts = urlsplit(address.get_secret_value())
            # `port` raises ValueError where it is no number; its words are never shown.
            if parts.scheme not in _POSTGRES or parts.port == 0:
                raise ValueError("an address of PostgreSQL is wanted")
        return address

    @field_validator("oidc_issuer")
    @classmethod
    def _is_whole(cls, issuer: str | None, info: ValidationInfo) -> str | None:
        if issuer is not None:
            parts = urlsplit(issuer)
            if parts.scheme != "https" and parts.hostname not in LOOPBACK:
                raise ValueError("a provider is reached by https")
            if not (info.data.get("oidc_client_id") and info.data.get("public_url")):
                raise ValueError("a provider needs oidc_client_id and public_url")
        return issuer

    def takes_passwords(self) -> bool:
        """Whether people sign in with a password of this service."""
        return self.oidc_issuer is None or self.local_sign_in

    def is_embedded(self) -> bool:
        """Whether the database is SQLite in the data folder."""
        return self.database_url is None

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
