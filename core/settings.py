"""Settings: plain environment names, all optional; `.env.example` documents every one and a test keeps it equal."""

from __future__ import annotations

from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import psycopg
from email_validator import validate_email
from psycopg.conninfo import conninfo_to_dict
from pydantic import AwareDatetime, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from core.errors import ConfigurationError
from core.origins import ensure_private, is_loopback, normalise_origin
from core.security import Keys, StoredSecrets, load_or_create_secrets
from core.vault import Vault, read_document_keys

MIN_SECRET_CHARACTERS = 32
DUFFEL_TEST_PREFIX = "duffel_test_"


class Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True, hide_input_in_errors=True
    )

    app_env: Literal["local", "production"] = "local"
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_base_url: str | None = None
    data_dir: Path = Path(".data")
    database_url: SecretStr | None = None
    secret_key: SecretStr | None = None
    document_keys: SecretStr | None = None
    clock_fixed_at: AwareDatetime | None = None
    default_time_zone: str = "Asia/Ho_Chi_Minh"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    trusted_proxies: str = ""

    groq_api_key: SecretStr | None = None
    groq_base_url: str = "https://api.groq.com"
    model_capable: str = "openai/gpt-oss-120b"
    model_small: str = "openai/gpt-oss-20b"
    model_run_calls: int = Field(default=5, ge=1)
    model_run_tokens: int = Field(default=40_000, ge=1)
    model_run_seconds: float = Field(default=45, gt=0)
    model_day_tokens_per_user: int = Field(default=300_000, ge=0)
    model_day_tokens_per_address: int = Field(default=600_000, ge=0)

    smtp_url: SecretStr | None = None
    mail_from: str = "Travel assistant <no-reply@localhost>"
    support_email: str | None = None
    google_client_id: str | None = None
    google_client_secret: SecretStr | None = None

    duffel_access_token: SecretStr | None = None
    duffel_base_url: str = "https://api.duffel.com"
    duffel_webhook_secret: SecretStr | None = None
    amadeus_client_id: SecretStr | None = None
    amadeus_client_secret: SecretStr | None = None
    amadeus_base_url: str = "https://api.amadeus.com"

    vnpay_tmn_code: str | None = None
    vnpay_hash_secret: SecretStr | None = None
    vnpay_pay_url: str = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html"
    vnpay_api_url: str = "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction"
    momo_partner_code: str | None = None
    momo_access_key: SecretStr | None = None
    momo_secret_key: SecretStr | None = None
    momo_base_url: str = "https://test-payment.momo.vn"

    @field_validator("database_url")
    @classmethod
    def check_database_url(cls, value: SecretStr | None) -> SecretStr | None:
        """Refuse what libpq would take apart at the wrong place, and then quote in its errors, password and all."""
        if value is not None and not is_database_url(value.get_secret_value()):
            raise ValueError(
                "should look like postgresql://user:password@host/database, with the special characters of a password "
                "percent-encoded"
            )
        return value

    @field_validator("public_base_url")
    @classmethod
    def check_public_base_url(cls, value: str | None) -> str | None:
        return normalise_origin(value.removesuffix("/")) if value is not None else None

    @field_validator("support_email")
    @classmethod
    def check_support_email(cls, value: str | None) -> str | None:
        return validate_email(value, check_deliverability=False).normalized if value is not None else None

    @field_validator(
        *("groq_base_url", "duffel_base_url", "amadeus_base_url", "vnpay_pay_url", "vnpay_api_url", "momo_base_url")
    )
    @classmethod
    def check_vendor_url(cls, value: str) -> str:
        """What a vendor's paths are put behind; only this machine may be spoken to in the clear."""
        ensure_private(value)
        return value.removesuffix("/")

    @field_validator("document_keys")
    @classmethod
    def check_document_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_document_keys(value.get_secret_value())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def check_trusted_proxies(cls, value: str) -> str:
        read_networks(value)
        return value

    @field_validator("default_time_zone")
    @classmethod
    def check_time_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as Asia
            raise ValueError(f"{value} is no IANA time zone, such as Asia/Ho_Chi_Minh") from None
        return value

    @cached_property
    def keys(self) -> Keys:
        """SECRET_KEY and DOCUMENT_KEYS, or what this installation's secrets file has in their place."""
        signing = self.secret_key.get_secret_value() if self.secret_key else self._load_stored_secrets().secret_key
        if self.document_keys:
            vault = Vault(read_document_keys(self.document_keys.get_secret_value()))
        else:
            vault = Vault(self._read_stored_document_keys(), self._read_stored_document_keys)
        return Keys(signing.encode(), vault)

    def _load_stored_secrets(self) -> StoredSecrets:
        return load_or_create_secrets(self.data_dir)

    def _read_stored_document_keys(self) -> dict[str, bytes]:
        return read_document_keys(self._load_stored_secrets().document_keys)

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Whose X-Forwarded-For is believed."""
        return read_networks(self.trusted_proxies)

    @property
    def base_url(self) -> str:
        """PUBLIC_BASE_URL, or where this machine reaches the server: on loopback, when it listens everywhere."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - shown, not bound
        return self.public_base_url or f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    def ensure_can_serve(self) -> None:
        """Refuse settings that would mix worlds or serve production from a box; raises ConfigurationError."""
        if self.app_env == "production":
            required = {
                "DATABASE_URL": self.database_url,
                "SECRET_KEY": self.secret_key,
                "DOCUMENT_KEYS": self.document_keys,
                "SMTP_URL": self.smtp_url,
                "PUBLIC_BASE_URL": self.public_base_url,
            }
            missing = [name for name, value in required.items() if value is None]
            if missing:
                raise ConfigurationError(f"APP_ENV=production needs {', '.join(missing)}.")
            self._ensure_safe()
        if (self.google_client_id is None) != (self.google_client_secret is None):
            raise ConfigurationError("GOOGLE_CLIENT_ID and GOOGLE_CLIENT_SECRET are set together or not at all.")
        if self.duffel_webhook_secret is not None and self.duffel_access_token is None:
            raise ConfigurationError("DUFFEL_WEBHOOK_SECRET needs DUFFEL_ACCESS_TOKEN: nobody else would tell.")
        if (self.amadeus_client_id is None) != (self.amadeus_client_secret is None):
            raise ConfigurationError("AMADEUS_CLIENT_ID and AMADEUS_CLIENT_SECRET are set together or not at all.")
        if len({self.vnpay_tmn_code is None, self.vnpay_hash_secret is None}) > 1:
            raise ConfigurationError("VNPAY_TMN_CODE and VNPAY_HASH_SECRET are set together or not at all.")
        if len({each is None for each in (self.momo_partner_code, self.momo_access_key, self.momo_secret_key)}) > 1:
            raise ConfigurationError(
                "MOMO_PARTNER_CODE, MOMO_ACCESS_KEY and MOMO_SECRET_KEY are set together or not at all."
            )
        self._ensure_one_world()

    @property
    def tests_amadeus(self) -> bool:
        """Whether Amadeus' host is its test system, or an imitation on this machine."""
        host = urlsplit(self.amadeus_base_url).hostname or ""
        return host.startswith("test.") or is_loopback(host)

    @property
    def tests_duffel(self) -> bool:
        """Whether Duffel's token is for its test mode, or its host an imitation on this machine."""
        token = self.duffel_access_token.get_secret_value().strip() if self.duffel_access_token else ""
        return token.startswith(DUFFEL_TEST_PREFIX) or is_loopback(urlsplit(self.duffel_base_url).hostname or "")

    @property
    def flight_world(self) -> Literal["simulated", "test", "live"]:
        """Whether flights come from our simulation, from vendors' test modes, or are real."""
        tests = self._vendors_under_test()
        return ("test" if any(tests.values()) else "live") if tests else "simulated"

    @property
    def payment_world(self) -> Literal["test", "live"] | None:
        """Whether the payment gateways there is a contract with take play money or real; None without any."""
        tests = self._gateways_under_test()
        return ("test" if any(tests.values()) else "live") if tests else None

    def _gateways_under_test(self) -> dict[str, bool]:
        """For each configured payment gateway, by the settings that tell, whether it is its test system."""
        addresses: dict[str, str] = {}
        if self.vnpay_tmn_code is not None:
            addresses |= {"VNPAY_PAY_URL": self.vnpay_pay_url, "VNPAY_API_URL": self.vnpay_api_url}
        if self.momo_partner_code is not None:
            addresses |= {"MOMO_BASE_URL": self.momo_base_url}
        return {name: _is_test_gateway(address) for name, address in addresses.items()}

    def _vendors_under_test(self) -> dict[str, bool]:
        """For each configured vendor, by the setting that tells, whether it is in its test mode."""
        tests = {}
        if self.duffel_access_token is not None:
            tests["DUFFEL_ACCESS_TOKEN"] = self.tests_duffel
        if self.amadeus_client_id is not None:
            tests["AMADEUS_BASE_URL"] = self.tests_amadeus
        return tests

    def _ensure_one_world(self) -> None:
        """Refuse vendors of which one sells real seats and another does not; raises ConfigurationError."""
        tests = self._vendors_under_test()
        if len(set(tests.values())) > 1:
            raise ConfigurationError("DUFFEL_ACCESS_TOKEN and AMADEUS_BASE_URL: one is for tests and one is live.")
        if self.app_env == "production" and any(tests.values()):
            raise ConfigurationError(f"{', '.join(tests)}: a vendor's test mode is for APP_ENV=local only.")
        self._ensure_money_of_this_world()

    def _ensure_money_of_this_world(self) -> None:
        """Refuse real money for seats that are not real, and play money for real ones; raises ConfigurationError."""
        tests = self._gateways_under_test()
        named = ", ".join(tests)
        if len(set(tests.values())) > 1:
            raise ConfigurationError(f"{named}: some are test systems and some are live.")
        if self.app_env == "production" and any(tests.values()):
            raise ConfigurationError(f"{named}: a gateway's test system is for APP_ENV=local only.")
        if tests and (self.payment_world == "live") != (self.flight_world == "live"):
            raise ConfigurationError(f"{named}: payments are {self.payment_world} and flights {self.flight_world}.")

    def _ensure_safe(self) -> None:
        """Refuse what would work, and be open to others; raises ConfigurationError."""
        if self.secret_key is not None and len(self.secret_key.get_secret_value()) < MIN_SECRET_CHARACTERS:
            raise ConfigurationError(f"SECRET_KEY needs {MIN_SECRET_CHARACTERS} characters or more: it signs tokens.")
        if self.mail_from == type(self).model_fields["mail_from"].default:
            raise ConfigurationError("SMTP_URL needs MAIL_FROM, an address of yours.")
        try:
            ensure_private(self.base_url)
        except ValueError as error:
            raise ConfigurationError(f"PUBLIC_BASE_URL {error}.") from error


def _is_test_gateway(address: str) -> bool:
    """By its host: VNPAY's and MoMo's test systems, or an imitation on this machine."""
    host = urlsplit(address).hostname or ""
    return host.startswith(("sandbox.", "test-")) or is_loopback(host)


def read_networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Addresses and networks parted by commas; raises ValueError."""
    return tuple(ip_network(entry.strip()) for entry in text.split(",") if entry.strip())


def is_database_url(url: str) -> bool:
    """Whether this is a PostgreSQL URL that can be read in one way only."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is not a number
        conninfo_to_dict(url)
    except (ValueError, psycopg.ProgrammingError):
        return False
    # a second @, or one behind the host, is part of a password that was not encoded
    return parts.scheme in ("postgresql", "postgres") and url.count("@") == parts.netloc.count("@") <= 1


def load_settings() -> Settings:
    """Read the environment (and `.env` in the working directory); raises ConfigurationError with one line a fault."""
    try:
        return Settings()
    except ValidationError as error:
        faults = "; ".join(describe_fault(fault) for fault in error.errors())
        raise ConfigurationError(f"The settings cannot be read. {faults}") from error


def describe_fault(fault: ErrorDetails) -> str:
    name = ".".join(map(str, fault["loc"])).upper()
    return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
