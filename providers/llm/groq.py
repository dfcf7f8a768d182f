"""Groq, through langchain-groq. Retries are ours: the SDK's would stack on the chain of models."""

from __future__ import annotations

import httpx
from langchain_groq import ChatGroq

from core.settings import Settings
from providers.llm.base import NamedModel

SILENCE_SECONDS = 20


def create_groq_models(settings: Settings, http: httpx.AsyncClient) -> tuple[NamedModel, NamedModel] | None:
    """The capable and the small model, or None without a key. The caller owns the HTTP client."""
    if settings.groq_api_key is None:
        return None
    capable, small = (
        NamedModel(
            provider="groq",
            name=name,
            model=ChatGroq(
                model_name=name,
                api_key=settings.groq_api_key,
                base_url=settings.groq_base_url,  # the origin only: the SDK adds /openai/v1
                max_retries=0,
                timeout=SILENCE_SECONDS,
                http_async_client=http,
                temperature=0.2,
            ),
        )
        for name in (settings.model_capable, settings.model_small)
    )
    return capable, small
