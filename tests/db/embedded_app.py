"""Run by the tests as a process of its own: it uses the embedded PostgreSQL until its input ends or a signal comes."""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path
from types import FrameType

import psycopg

from db.embedded import embedded_postgres

PATIENCE_SECONDS = 20


def write_row(url: str) -> int:
    """Write a row, again and again while the server is away, and count the rows."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with psycopg.connect(url) as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS notes (id serial PRIMARY KEY)")
                connection.execute("INSERT INTO notes DEFAULT VALUES")
                row = connection.execute("SELECT count(*) FROM notes").fetchone()
                assert row is not None
                return int(row[0])
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def leave(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def main(data_dir: str) -> None:
    signal.signal(signal.SIGTERM, leave)
    with embedded_postgres(Path(data_dir)) as url:
        sys.stdout.write("READY\n")
        sys.stdout.flush()
        for _line in sys.stdin:
            sys.stdout.write(f"{write_row(url)}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
