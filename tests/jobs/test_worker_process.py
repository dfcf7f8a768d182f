"""`travel-assistant worker`: a process of its own that sends what another wrote, and leaves when told to."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from core.settings import Settings
from db.session import Transactions
from tests.conftest import NOW
from tests.support.mail import put_letter, put_user, read_outbox
from tests.support.processes import ROOT
from tests.support.waiting import eventually


async def test_worker_process_sends_letters_until_it_is_told_to_stop(
    transactions: Transactions, settings: Settings, database_url: str
) -> None:
    letter = await put_letter(transactions, settings.keys, await put_user(transactions))
    env = os.environ | {
        "DATABASE_URL": database_url,
        "DATA_DIR": str(settings.data_dir),
        "SECRET_KEY": "a key for tests only",
        "CLOCK_FIXED_AT": NOW.isoformat(),
        "PYTHONPATH": str(ROOT),
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "cli.py"),
        "worker",
        env=env,
        cwd=settings.data_dir,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        mails = await eventually(lambda: read_outbox(transactions))
        assert [mail["message_id"] for mail in mails] == [str(letter)]
        process.send_signal(signal.SIGTERM)
        _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert (process.returncode, errors.decode()) == (0, "Working. Stop with Ctrl-C.\n")
