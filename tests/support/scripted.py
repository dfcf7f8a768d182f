"""One server of the product whose model plays the script of the test at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from fastapi import FastAPI

from core.settings import Settings
from providers.llm.base import NamedModel
from tests.support.models import ScriptedModel, scripted_models


@dataclass(frozen=True, slots=True)
class ScriptedApp:
    app: FastAPI
    named: NamedModel

    @property
    def model(self) -> ScriptedModel:
        assert isinstance(self.named.model, ScriptedModel)
        return self.named.model

    def begin_anew(self) -> None:
        self.model.play()
        self.named.rest.begin(0)


@asynccontextmanager
async def open_scripted_app(settings: Settings, database_url: str) -> AsyncIterator[ScriptedApp]:
    from api.app import create_app  # here, so that tests of the inner rooms do not wait for the outer ones

    models = scripted_models()
    app = create_app(settings, database_url, models=models)
    async with app.router.lifespan_context(app):
        yield ScriptedApp(app, models.capable[0])
