"""Real vendors, asked with the keys of the environment or of `.env`; `make live` only."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import Settings


@pytest.fixture(autouse=True)
def fixed_clock() -> None:
    """Vendors live in the present."""


@pytest.fixture
def keys() -> Settings:
    """What this machine is set up with."""
    return Settings()


@pytest.fixture
def settings(keys: Settings, tmp_path: Path) -> Settings:
    """Groq's settings as they are, and nothing else of this machine's: flights, mail and money stay simulated."""
    if keys.groq_api_key is None:
        pytest.skip("GROQ_API_KEY is not set: Groq is not asked")
    return Settings(
        _env_file=None,
        data_dir=tmp_path,
        secret_key="a key for tests only",
        groq_api_key=keys.groq_api_key,
        groq_base_url=keys.groq_base_url,
        model_capable=keys.model_capable,
        model_small=keys.model_small,
    )
