"""`serve` with an offline model that takes its time (WORD_PAUSE_SECONDS), so that a run can be met on its way."""

from __future__ import annotations

import os
import sys
from functools import partial

import api.app
import cli
from providers.llm.base import Models, NamedModel
from providers.llm.offline import OfflineChatModel


def make_slow_models() -> Models:
    pause = float(os.environ["WORD_PAUSE_SECONDS"])
    offline = NamedModel("offline", "offline", OfflineChatModel(word_pause_seconds=pause))
    return Models(capable=(offline,), small=(offline,))


if __name__ == "__main__":
    api.app.create_app = partial(api.app.create_app, models=make_slow_models())
    sys.argv = ["travel-assistant", "serve"]
    cli.main()
