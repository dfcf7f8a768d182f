"""A mail server of a few lines, that keeps what it accepts and refuses what a test wants refused."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class SmtpBox:
    """`answers` maps a command's first word to what is said instead of yes; an empty answer cuts the line."""

    answers: Mapping[str, str] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    port: int = 0
    commands: list[str] = field(default_factory=list)
    accepted: list[EmailMessage] = field(default_factory=list)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._say(writer, self.answers.get("connect", "220 ready"))
            while line := (await reader.readline()).decode().strip():
                self.commands.append(line)
                await self._answer(line.split()[0].upper(), reader, writer)
        except (ConnectionError, ssl.SSLError):
            pass  # the client left, or we did
        finally:
            writer.close()

    async def _answer(self, command: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if command in self.answers:
            await self._say(writer, self.answers[command])
        elif command == "EHLO":
            lines = ["box", *self.extensions]
            await self._say(writer, *(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}")
        elif command == "AUTH":
            await self._say(writer, "235 welcome")
        elif command == "DATA":
            await self._say(writer, "354 go on")
            raw = await reader.readuntil(b"\r\n.\r\n")
            verdict = self.answers.get("message", "250 kept")
            if verdict.startswith("2"):
                self.accepted.append(message_from_bytes(raw[:-5].replace(b"\r\n..", b"\r\n."), policy=policy.default))
            await self._say(writer, verdict)
        else:
            await self._say(writer, "221 bye" if command == "QUIT" else "250 yes")

    @staticmethod
    async def _say(writer: asyncio.StreamWriter, *lines: str) -> None:
        if not lines[0]:
            writer.transport.abort()
            raise ConnectionResetError
        writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await writer.drain()


@asynccontextmanager
async def open_box(box: SmtpBox, tls: ssl.SSLContext | None = None) -> AsyncIterator[SmtpBox]:
    """Serve on a free port of this machine."""
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0, ssl=tls)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box
