from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from core.errors import ConfigurationError
from core.security import load_or_create_secrets
from core.settings import Settings, load_settings
from core.vault import new_document_key

ROOT = Path(__file__).parent.parent


def read_example() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_example_names_every_setting_with_its_default() -> None:
    defaults = {
        name.upper(): "" if field.default is None else str(field.default)
        for name, field in Settings.model_fields.items()
    }
    assert read_example() == defaults


def test_nothing_needs_to_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in read_example():
        monkeypatch.delenv(name, raising=False)
    settings = load_settings()
    settings.ensure_can_serve()
    assert settings.base_url == "http://127.0.0.1:8000"


def test_production_names_what_it_lacks() -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL, SECRET_KEY, DOCUMENT_KEYS, SMTP_URL, PUBLIC_BASE_URL"):
        Settings(_env_file=None, app_env="production").ensure_can_serve()


PRODUCTION: dict[str, Any] = {
    "app_env": "production",
    "database_url": "postgresql://travel:sesame@db/travel",
    "secret_key": "a key of more than thirty-two characters",
    "document_keys": new_document_key(),
    "smtp_url": "smtps://travel:sesame@mail.example:465",
    "mail_from": "Travel <no-reply@shop.example>",
    "public_base_url": "HTTPS://Shop.example/",
}


def test_production_serves_with_what_it_needs() -> None:
    settings = Settings(_env_file=None, **PRODUCTION)
    settings.ensure_can_serve()
    assert settings.base_url == "https://shop.example"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"public_base_url": "http://shop.example"}, "PUBLIC_BASE_URL"),
        ({"mail_from": Settings.model_fields["mail_from"].default}, "MAIL_FROM"),
    ],
)
def test_production_refuses_what_would_be_open_to_others(changes: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Settings(_env_file=None, **PRODUCTION | changes).ensure_can_serve()


@pytest.mark.parametrize(
    "url", ["shop.example", "https://shop.example/app", "ftp://shop.example", "https://a@b.example"]
)
def test_public_address_is_an_origin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PUBLIC_BASE_URL", url)
    with pytest.raises(ConfigurationError, match="PUBLIC_BASE_URL: should be"):
        load_settings()


LIVE_AMADEUS: dict[str, Any] = {"amadeus_client_id": "id", "amadeus_client_secret": "secret"}
TEST_AMADEUS = LIVE_AMADEUS | {"amadeus_base_url": "https://test.api.amadeus.com"}


TEST_MOMO: dict[str, Any] = {"momo_partner_code": "MOMO", "momo_access_key": "x", "momo_secret_key": "y"}
LIVE_MOMO = TEST_MOMO | {"momo_base_url": "https://payment.momo.vn"}
TEST_VNPAY: dict[str, Any] = {"vnpay_tmn_code": "SHOP0001", "vnpay_hash_secret": "x"}


@pytest.mark.parametrize(
    ("vendors", "world"),
    [
        ({}, "simulated"),
        ({"duffel_access_token": "duffel_test_x"}, "test"),
        ({"duffel_access_token": " duffel_test_x"}, "test"),
        ({"duffel_access_token": "duffel_live_x"}, "live"),
        ({"duffel_access_token": "x", "duffel_base_url": "http://127.0.0.1:8000/sandbox/duffel"}, "test"),
        (LIVE_AMADEUS, "live"),
        (TEST_AMADEUS, "test"),
        (LIVE_AMADEUS | {"amadeus_base_url": "http://127.0.0.1:8000/sandbox/amadeus/"}, "test"),
        (TEST_AMADEUS | {"duffel_access_token": "duffel_test_x"}, "test"),
    ],
)
def test_world_is_that_of_the_vendors(vendors: dict[str, Any], world: str) -> None:
    settings = Settings(_env_file=None, **vendors)
    settings.ensure_can_serve()
    assert settings.flight_world == world


@pytest.mark.parametrize(
    ("vendors", "named"),
    [
        (LIVE_AMADEUS | {"duffel_access_token": "duffel_test_x"}, "one is for tests and one is live"),
        (TEST_AMADEUS | {"duffel_access_token": "duffel_live_x"}, "one is for tests and one is live"),
        ({"amadeus_client_id": "id"}, "AMADEUS_CLIENT_ID and AMADEUS_CLIENT_SECRET"),
        (PRODUCTION | {"duffel_access_token": "duffel_test_x"}, "DUFFEL_ACCESS_TOKEN: a vendor's test mode"),
        (PRODUCTION | TEST_AMADEUS, "AMADEUS_BASE_URL: a vendor's test mode"),
        ({"vnpay_tmn_code": "SHOP0001"}, "VNPAY_TMN_CODE and VNPAY_HASH_SECRET"),
        ({"duffel_webhook_secret": "x"}, "DUFFEL_WEBHOOK_SECRET needs DUFFEL_ACCESS_TOKEN"),
        ({"momo_partner_code": "MOMO", "momo_access_key": "x"}, "MOMO_SECRET_KEY are set together"),
        (LIVE_MOMO, "MOMO_BASE_URL: payments are live and flights simulated"),
        (LIVE_MOMO | TEST_AMADEUS, "payments are live and flights test"),
        (LIVE_AMADEUS | TEST_MOMO, "payments are test and flights live"),
        (LIVE_AMADEUS | TEST_MOMO | {"momo_base_url": "http://127.0.0.1:9"}, "payments are test and flights live"),
        (LIVE_AMADEUS | LIVE_MOMO | TEST_VNPAY, "some are test systems and some are live"),
        (PRODUCTION | TEST_MOMO, "MOMO_BASE_URL: a gateway's test system"),
    ],
)
def test_worlds_are_never_mixed(vendors: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        Settings(_env_file=None, **vendors).ensure_can_serve()


@pytest.mark.parametrize("url", ["http://api.duffel.com", "api.duffel.com", ""])
def test_vendor_is_not_spoken_to_in_the_clear(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUFFEL_BASE_URL", url or "http://")
    with pytest.raises(ConfigurationError, match="DUFFEL_BASE_URL"):
        load_settings()


def test_unreadable_setting_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "eighty")
    with pytest.raises(ConfigurationError, match="PORT"):
        load_settings()


@pytest.mark.parametrize("zone", ["Asia/Hanoi", "Asia", "../Asia/Tokyo", "UTC+7"])
def test_time_zone_nobody_knows_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, zone: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DEFAULT_TIME_ZONE", zone)
    with pytest.raises(ConfigurationError, match=f"DEFAULT_TIME_ZONE: {re.escape(zone)} is no IANA time zone"):
        load_settings()


@pytest.mark.parametrize(
    "url",
    [
        "postgres:/travel:sesame@db/travel",
        "mysql://travel:sesame@db/travel",
        "postgresql://travel:open@sesame@db/travel",
        "postgresql://travel:open/sesame@db/travel",
        "postgresql://travel:open?sesame@db/travel",
        "postgresql://travel:open#sesame@db/travel",
        "postgresql://travel:100%sesame@db/travel",
        "postgresql://travel:sesame/travel",
        "postgresql://travel:x@db/travel?password_is=sesame",
        "host=db password=sesame",
    ],
)
def test_mistyped_database_url_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ConfigurationError, match="DATABASE_URL: should look like postgresql://") as refusal:
        load_settings()
    assert "sesame" not in f"{refusal.value} {refusal.value.__cause__}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://travel:p%40ss%2Fword@db.example:6432/travel?sslmode=require",
        "postgres://db/travel",
        "postgresql://travel@/travel?host=%2Ftmp%2Fa+b&port=5432",
        "postgresql://travel:x@[::1]:5432/travel",
    ],
)
def test_database_url_is_kept_as_it_is(url: str) -> None:
    stored = Settings(_env_file=None, database_url=url).database_url
    assert stored is not None
    assert stored.get_secret_value() == url


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("::", "http://127.0.0.1:8000"),
    ],
)
def test_base_url_is_one_a_browser_on_this_machine_can_open(host: str, url: str) -> None:
    assert Settings(_env_file=None, host=host).base_url == url


def test_secrets_file_is_made_once_and_private(tmp_path: Path) -> None:
    first = load_or_create_secrets(tmp_path / "data")
    assert load_or_create_secrets(tmp_path / "data") == first
    assert (tmp_path / "data" / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in (tmp_path / "data").iterdir()} == {"secrets.json", "secrets.lock"}


def test_secrets_of_an_earlier_version_are_kept_and_completed(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"secret_key": "the old one"}')
    first = load_or_create_secrets(tmp_path)
    assert first.secret_key == "the old one"
    assert load_or_create_secrets(tmp_path).document_keys == first.document_keys


def test_document_keys_that_cannot_seal_are_refused_without_quoting_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCUMENT_KEYS", "k1:c2VzYW1l")
    with pytest.raises(ConfigurationError, match="DOCUMENT_KEYS: should be") as error:
        load_settings()
    assert "c2VzYW1l" not in str(error.value)


def test_secret_does_not_show_in_the_settings_text() -> None:
    assert "sesame" not in repr(Settings(_env_file=None, groq_api_key="sesame"))


def test_support_address_has_to_be_one() -> None:
    assert Settings(_env_file=None, support_email="Desk@Shop.example.com").support_email == "Desk@shop.example.com"
    with pytest.raises(ValidationError, match="support_email"):
        Settings(_env_file=None, support_email="desk at shop")
