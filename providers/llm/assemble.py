"""Which models answer, as the settings say."""

from __future__ import annotations

import httpx

from core.settings import Settings
from providers.llm.base import Models, NamedModel
from providers.llm.groq import create_groq_models
from providers.llm.offline import OfflineChatModel


def create_models(settings: Settings, http: httpx.AsyncClient) -> Models:
    """Groq's models when there is a key, over the caller's HTTP client, and always the offline one behind them."""
    offline = NamedModel(provider="offline", name="offline", model=OfflineChatModel())
    groq = create_groq_models(settings, http)
    if groq is None:
        return Models(capable=(offline,), small=(offline,))
    capable, small = groq
    return Models(capable=(capable, small, offline), small=(small, offline))
