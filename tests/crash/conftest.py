"""A data folder that a server process may own, gone afterwards together with everything that runs in it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import list_processes, wait_until


@pytest.fixture
def data_dir() -> Iterator[Path]:
    # directly in /tmp: as root the database runs as another user, who may not enter pytest's own folders
    folder = Path(tempfile.mkdtemp(prefix="crash-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "data"
    wait_until(lambda: not list_processes(folder))
    shutil.rmtree(folder)
