"""`serve` that dies as soon as a yes has been taken, before anybody is told of it."""

from __future__ import annotations

import os
import signal
import sys
from typing import Any, NoReturn

import cli
from graph.nodes import commit
from services.proposals.approval import approve


async def approve_and_die(*args: Any, **kwargs: Any) -> NoReturn:
    await approve(*args, **kwargs)
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


if __name__ == "__main__":
    commit.approve = approve_and_die  # type: ignore[attr-defined]  # there is no door for it
    sys.argv = ["travel-assistant", "serve"]
    cli.main()
