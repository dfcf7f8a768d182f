"""The program started many times, in processes of their own that need not import what is not ours again.

`keep SOCKET` is a process that has imported the libraries once and forks for whoever asks. `ask SOCKET PROGRAM
ARGUMENTS…` stands for one run of the program: it lends its folder, environment and streams, passes SIGTERM on, and ends
as the program ends. All of our own modules are imported anew by each run.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading

LIBRARIES = (
    *("alembic.command", "alembic.context", "fastapi", "httpx", "procrastinate", "psycopg_pool", "pydantic_settings"),
    *("langchain.tools", "langchain_core.language_models", "langgraph.graph", "langgraph.checkpoint.postgres.aio"),
    *("prometheus_client", "rich.console", "rich.table", "sqlalchemy.ext.asyncio", "sqlalchemy.dialects.postgresql"),
    *("typer", "uvicorn"),
)
MOST_BYTES = 65_536


def keep(path: str) -> None:
    for name in LIBRARIES:
        importlib.import_module(name)
    if threading.active_count() > 1:
        raise RuntimeError("a thread would be missing from what is forked")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait for the runs
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(path)
        door.listen()
        print("ready", flush=True)
        while True:
            asker, _ = door.accept()
            if os.fork() == 0:
                break
            asker.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    asked, streams, *_ = socket.recv_fds(asker, MOST_BYTES, 3)
    pid = os.fork()
    if pid == 0:
        asker.close()
        _become(json.loads(asked), streams)
    for each in (*streams, 0, 1, 2):
        os.close(each)
    asker.send(str(pid).encode())
    threading.Thread(target=_end_with, args=(asker, pid), daemon=True).start()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    asker.send(str(code).encode())
    os._exit(0)


def _become(asked: dict[str, object], streams: list[int]) -> None:
    """Be the program from here on."""
    for stream, number in zip(streams, (0, 1, 2), strict=True):
        os.dup2(stream, number)
        os.close(stream)
    folder, environment, sys.argv = asked["folder"], asked["environment"], asked["arguments"]
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.path[0] = os.path.dirname(sys.argv[0])
    runpy.run_path(sys.argv[0], run_name="__main__")
    sys.exit()


def _end_with(asker: socket.socket, pid: int) -> None:
    if not asker.recv(1):
        os.kill(pid, signal.SIGKILL)


def ask(path: str, arguments: list[str]) -> None:
    with socket.socket(socket.AF_UNIX) as keeper:
        keeper.connect(path)
        asked = {"folder": os.getcwd(), "environment": dict(os.environ), "arguments": arguments}
        socket.send_fds(keeper, [json.dumps(asked).encode()], [0, 1, 2])
        pid = int(keeper.recv(MOST_BYTES))
        signal.signal(signal.SIGTERM, lambda *_: os.kill(pid, signal.SIGTERM))
        code = int(keeper.recv(MOST_BYTES))
    sys.exit(code)


if __name__ == "__main__":
    if sys.argv[1] == "keep":
        keep(sys.argv[2])
    else:
        ask(sys.argv[2], sys.argv[3:])
