"""Somebody with an account and a traveller who is asked for a yes in a chat, with every look behind the cards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select

from db.models import Booking, Proposal
from tests.api.test_bookings import add_passenger
from tests.support.accounts import Account, Lobby
from tests.support.talk import SEARCH, Json, Talk

BOOK = "đặt chuyến số 1"
YES, NO = "đồng ý", "không"


@dataclass
class Shopper:
    lobby: Lobby
    account: Account
    talk: Talk

    @classmethod
    async def come(cls, lobby: Lobby) -> Shopper:
        account = await lobby.join()
        await add_passenger(account)
        return cls(lobby, account, await Talk.open(account.client))

    async def ask(self, message: str, **fields: Any) -> Json:
        return await self.talk.ask(message, **fields)

    async def sign_in_again(self) -> None:
        """As after a while away: a token does not live long."""
        self.account = await self.lobby.sign_in(self.account.email)
        self.talk = Talk(self.account.client, self.talk.id)

    async def elsewhere(self) -> Shopper:
        """The same person in another conversation."""
        return Shopper(self.lobby, self.account, await Talk.open(self.account.client))

    async def open_card(self, search: str = SEARCH, book: str = BOOK) -> Json:
        """Search, choose, and give the interrupt that asks for the yes."""
        await self.ask(search)
        return await self.book(book)

    async def book(self, message: str = BOOK) -> Json:
        (waiting,) = (await self.ask(message))["interrupts"]
        assert (waiting["action"], waiting["card"]["type"]) == ("book", "confirm")
        return dict(waiting)

    async def post_click(self, resume: list[Any], **fields: Any) -> httpx.Response:
        return await self.talk.client.post(f"{self.talk.path}/messages", json={"resume": resume, **fields})

    async def click(self, waiting: Json, *, yes: bool = True, **fields: Any) -> Json:
        answer = await self.post_click([click_on(waiting, yes=yes)], **fields)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def proposals(self) -> list[Proposal]:
        """Every card of theirs; at one instant of a clock that stands still none is the first."""
        async with self.lobby.transactions() as session:
            return list(await session.scalars(select(Proposal).where(Proposal.user_id == UUID(self.account.id))))

    async def statuses(self) -> list[str]:
        """Of all of them, by the alphabet."""
        return sorted(each.status for each in await self.proposals())

    async def find(self, waiting: Json) -> Proposal:
        return next(each for each in await self.proposals() if str(each.id) == waiting["id"])

    async def bookings(self) -> list[Booking]:
        async with self.lobby.transactions() as session:
            return list(await session.scalars(select(Booking).where(Booking.user_id == UUID(self.account.id))))

    async def pending(self) -> list[Json]:
        """What a client that comes back is told to ask."""
        return list((await self.talk.detail())["pending_interrupts"])


def click_on(waiting: Json, *, yes: bool = True, quote_hash: str | None = None) -> Json:
    payload = {"approved": yes, "quote_hash": quote_hash or waiting["quote_hash"]}
    return {"interrupt_id": waiting["id"], "status": "resolved", "payload": payload}
