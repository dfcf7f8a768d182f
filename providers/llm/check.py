"""Whether Groq has the models that the settings name: a retired one fails every call, and only a person can help."""

from __future__ import annotations

import asyncio

import httpx
import structlog

from core.settings import Settings
from providers.llm.base import ModelCheck

log = structlog.get_logger()

CHECK_SECONDS = 10
LOOK_AGAIN_SECONDS = 3600
RETRY_SECONDS = 60


async def check_models(settings: Settings, http: httpx.AsyncClient) -> ModelCheck:
    """Ask for the list of models."""
    if settings.groq_api_key is None:
        return ModelCheck("offline")
    try:
        answer = await http.get(
            f"{settings.groq_base_url}/openai/v1/models",
            headers={"Authorization": f"Bearer {settings.groq_api_key.get_secret_value()}"},
            timeout=CHECK_SECONDS,
        )
        if answer.status_code in (401, 403):
            return ModelCheck("key_refused", "GROQ_API_KEY is refused.")
        names = sorted(str(each["id"]) for each in answer.raise_for_status().json()["data"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        return ModelCheck(
            "unreachable", f"The models of {settings.groq_base_url} cannot be read ({type(error).__name__})."
        )
    wanted = {"MODEL_CAPABLE": settings.model_capable, "MODEL_SMALL": settings.model_small}
    missing = " ".join(f"{setting}={name}" for setting, name in wanted.items() if name not in names)
    if missing:
        return ModelCheck("unknown_model", f"{missing}: there is no such model. There are: {', '.join(names)}.")
    return ModelCheck("ok")


class ModelWatch:
    """Looks when a server starts and now and then after, and remembers what it saw."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self._settings, self._http = settings, http
        self.last = ModelCheck("unchecked" if settings.groq_api_key else "offline")

    async def look(self) -> None:
        """Check, and log what has changed."""
        before, self.last = self.last, await check_models(self._settings, self._http)
        if self.last == before:
            return
        if self.last.problem is None:
            log.info("models.checked", status=self.last.status)
        else:
            log.error("models.unusable", status=self.last.status, reason=self.last.problem)

    async def watch(self) -> None:
        """For ever; at once over where no model is to be watched."""
        while self.last.status != "offline":
            await self.look()
            await asyncio.sleep(RETRY_SECONDS if self.last.status == "unreachable" else LOOK_AGAIN_SECONDS)
