"""Settings: plain environment names, all optional; `.env.example` documents every one and a test keeps it equal."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError
from core.security import load_or_create_secrets


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True)

    app_env: Literal["local", "production"] = "local"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_base_url: str | None = None
    data_dir: Path = Path(".data")
    database_url: SecretStr | None = None
    secret_key: SecretStr | None = None
    clock_fixed_at: AwareDatetime | None = None
    default_time_zone: str = "Asia/Ho_Chi_Minh"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    groq_api_key: SecretStr | None = None
    groq_base_url: str = "https://api.groq.com"
    model_capable: str = "openai/gpt-oss-120b"
    model_small: str = "openai/gpt-oss-20b"

    duffel_access_token: SecretStr | None = None
    amadeus_client_id: SecretStr | None = None
    amadeus_client_secret: SecretStr | None = None

    @cached_property
    def signing_key(self) -> bytes:
        """What tokens are hashed with: SECRET_KEY, or the key of this installation's secrets file."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value().encode()
        return load_or_create_secrets(self.data_dir)

    @property
    def base_url(self) -> str:
        return self.public_base_url or f"http://{self.host}:{self.port}"

    def ensure_can_serve(self) -> None:
        """Refuse settings that would mix worlds or serve production from a box; raises ConfigurationError."""
        if self.app_env == "production":
            required = {
                "DATABASE_URL": self.database_url,
                "SECRET_KEY": self.secret_key,
                "PUBLIC_BASE_URL": self.public_base_url,
            }
            missing = [name for name, value in required.items() if value is None]
            if missing:
                raise ConfigurationError(f"APP_ENV=production needs {', '.join(missing)}.")
        live = {
            "DUFFEL_ACCESS_TOKEN": self.duffel_access_token,
            "AMADEUS_CLIENT_ID": self.amadeus_client_id,
            "AMADEUS_CLIENT_SECRET": self.amadeus_client_secret,
        }
        unusable = [name for name, value in live.items() if value is not None]
        if unusable:
            raise ConfigurationError(
                f"{', '.join(unusable)} is set, but this version sells simulated flights only and will not mix "
                "the two worlds. Unset it to start."
            )


def load_settings() -> Settings:
    """Read the environment (and `.env` in the working directory); raises ConfigurationError with one line a fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(str(x) for x in e['loc']).upper()}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"The settings cannot be read. {faults}") from error
