"""Travellers with whims: they book, pay, fail to pay, pay late or twice, change their minds, press buttons twice.

What each will do is drawn from the seed, before anything happens to anybody.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx

from evals.chaos.lies import LIES, write_lie
from evals.chaos.line import Line, NobodyAnswers

PASSWORD = "a rainy day in May"  # noqa: S105 - of people who do not exist
ROUTES = (("HAN", "DAD"), ("SGN", "HAN"), ("SGN", "DAD"), ("HAN", "PQC"), ("SGN", "CXR"))
KEPT = "kept a ticket"
PAID_TWICE = "paid twice"
HANDFUL = 6
LOOKS = 60
LOOK_SECONDS = 0.4
WORKED_ON = frozenset({"holding", "paid", "ticketing", "releasing", "cancelling", "changing"})
UNPAID = frozenset({"held", "paying"})


class Whims(NamedTuple):
    """What one traveller is going to do about one booking, in numbers from 0 to 1."""

    pressing: float
    settling: float
    thinking: float
    insisting: float

    @property
    def pays_twice(self) -> bool:
        return 0.22 <= self.settling < 0.32

    @property
    def gives_up(self) -> bool:
        return 0.15 < self.thinking < 0.55

    @property
    def changes(self) -> bool:
        return self.thinking < 0.3


def draw_whims(seed: int, traveller: int, journey: int) -> Whims:
    dice = Random(f"{seed} traveller {traveller} {journey}")  # noqa: S311 - whims
    return Whims(*(dice.random() for _ in Whims._fields))


@dataclass(frozen=True, slots=True)
class Accepted:
    """A booking that was answered with 201."""

    booking_id: UUID
    user_id: UUID
    offer_id: UUID


@dataclass
class Diary:
    """What the crowd did and was told."""

    accepted: dict[str, Accepted] = field(default_factory=dict)
    """By the key it was asked for under."""
    wanted: set[tuple[UUID, UUID]] = field(default_factory=set)
    """The user and the offer of every booking that was asked for."""
    agreed: set[UUID] = field(default_factory=set)
    """The terms of a cancellation or a change that their own user said yes to."""
    met: Counter[str] = field(default_factory=Counter)
    surprises: list[str] = field(default_factory=list)
    """Answers that break a promise by themselves."""


class Traveller:
    def __init__(self, number: int, seed: int, urls: Sequence[str], diary: Diary) -> None:
        self.number = number
        self.diary = diary
        self._seed, self._journey = seed, 0
        self._whims = draw_whims(seed, number, 0)
        self._dice = Random(f"{seed} choices {number}")  # noqa: S311 - whims
        self._keys = Random(f"{seed} keys {number}")  # noqa: S311 - names of requests, in a world of their own
        self._line = Line(urls, Random(f"{seed} line {number}"), f"10.0.{number // 250}.{number % 250 + 1}", diary.met)  # noqa: S311
        self._email = f"traveller-{number}@example.com"
        self._user_id = UUID(int=0)
        self._passenger_id = ""
        self._offers: list[dict[str, Any]] = []

    async def close(self) -> None:
        await self._line.close()

    async def join(self) -> None:
        """Sign up, prove the address and write down who travels."""
        who = {"email": self._email, "password": PASSWORD, "phone": f"+8490{self.number:07}"}
        opened = _expect(await self._line.ask("POST", "/v1/auth/register", json=who), 201)
        self._user_id = UUID(opened["user"]["id"])
        self._line.headers["Authorization"] = f"Bearer {opened['access_token']}"
        _expect(
            await self._line.ask("POST", "/v1/auth/email/confirm", json={"code": await self._find_code()}), 200, 204
        )
        person = {
            "first_name": "Lan",
            "last_name": "Nguyễn",
            "gender": "female",
            "dob": "1990-05-17",
            "nationality": "VN",
        }
        made = await self._line.ask("POST", "/v1/users/me/passengers", key=self._new_key(), json=person)
        self._passenger_id = _expect(made, 201)["id"]

    async def travel(self) -> None:
        """Live through one booking."""
        self._whims = draw_whims(self._seed, self.number, self._journey)
        self._journey += 1
        try:
            booking = await self._book()
            if booking is None:
                return
            if booking["phase"] in UNPAID:
                await self._settle(booking)
            if (await self._wait(booking["id"], WORKED_ON | UNPAID))["phase"] == "ticketed":
                await self._have_second_thoughts(booking["id"])
        except NobodyAnswers as silence:
            self.diary.met[f"gave up: {silence}"[:60]] += 1

    # booking

    async def _book(self) -> dict[str, Any] | None:
        """The booking once it waits for money, or has come to nothing."""
        offer_id = await self._choose_offer()
        body = {"offer_id": offer_id, "passenger_id": self._passenger_id}
        self.diary.wanted.add((self._user_id, UUID(offer_id)))
        for _ in range(3):
            key = self._new_key()
            answer = await self._post_booking(key, body)
            if answer.status_code == 201:
                return await self._wait(self._accept(key, answer), {"holding"})
            self.diary.met[f"not booked: {answer.json().get('code')}"] += 1
            if answer.json().get("code") != "price_changed":
                return None
        return None

    async def _post_booking(self, key: str, body: dict[str, Any]) -> httpx.Response:
        """Asked for once, or twice in two tabs; and some time later once more, to see the same answer."""
        whim = self._whims.pressing
        if whim < 0.12:
            self.diary.met["pressed twice"] += 1
            first, answer = await asyncio.gather(*(self._ask_booking(key, body) for _ in range(2)))
            self._compare(key, first, answer)
        else:
            answer = await self._ask_booking(key, body)
        if whim > 0.85 and answer.status_code == 201:
            self.diary.met["key replayed"] += 1
            self._compare(key, answer, await self._ask_booking(key, body))
        return answer

    async def _ask_booking(self, key: str, body: dict[str, Any]) -> httpx.Response:
        return await self._line.ask("POST", "/v1/bookings", key=key, json=body)

    def _compare(self, key: str, first: httpx.Response, again: httpx.Response) -> None:
        if first.status_code == again.status_code == 201 and first.content != again.content:
            self.diary.surprises.append(f"{key}: two answers under one key")

    def _accept(self, key: str, answer: httpx.Response) -> str:
        made = answer.json()
        self.diary.accepted[key] = Accepted(UUID(made["id"]), self._user_id, UUID(made["offer_id"]))
        return str(made["id"])

    async def _choose_offer(self) -> str:
        """One of those found last, the carriers' that hold seats and those that hold none."""
        for _ in range(LOOKS):
            if self._offers:
                return str(self._offers.pop()["offer_id"])
            self._offers = await self._search()
        raise NobodyAnswers("nothing was found")

    async def _search(self) -> list[dict[str, Any]]:
        """A handful of offers; none where the airlines were too slow."""
        origin, destination = self._dice.choice(ROUTES)
        days = self._dice.choice((1, 1, 20, 30, 40))
        day = (datetime.now(UTC) + timedelta(days=days)).date()
        asked = {"origin": origin, "destination": destination, "depart_date": day.isoformat(), "limit": 40}
        found = _expect(await self._line.ask("POST", "/v1/flights/search", json=asked), 200)
        offers: list[dict[str, Any]] = found["offers"]
        return self._dice.sample(offers, min(HANDFUL, len(offers)))

    # paying

    async def _settle(self, booking: dict[str, Any]) -> None:
        """Pay, or fail to, or twice, or too late, or not at all."""
        whim = self._whims.settling
        if whim < 0.06:
            return
        if whim < 0.14:
            await self._cancel(booking["id"])
            return
        first = self._dice.choice(("vnpay", "momo"))
        if whim < 0.22:
            await self._pay(booking["id"], first, self._dice.choice(("fail", "cancel")))
        if self._whims.pays_twice:
            other = "momo" if first == "vnpay" else "vnpay"
            links = [await self._open_link(booking["id"], each) for each in (first, other)]
            await asyncio.gather(*(self._press(each, "pay") for each in links if each))
            self.diary.met[PAID_TWICE] += all(links)
            return
        if whim < 0.38:
            link = await self._open_link(booking["id"], first)
            # the link is good for half a minute; MoMo takes money a little longer
            await asyncio.sleep(self._dice.uniform(20, 40))
            await self._press(link, "pay")
            return
        await self._pay(booking["id"], first, "pay_late" if whim < 0.44 else "pay")

    async def _pay(self, booking_id: str, gateway: str, answer: str) -> None:
        link = await self._open_link(booking_id, gateway)
        await self._press(link, answer)

    async def _open_link(self, booking_id: str, gateway: str) -> dict[str, Any] | None:
        path = f"/v1/bookings/{booking_id}/payments"
        answer = await self._line.ask("POST", path, key=self._new_key(), json={"provider": gateway.upper()})
        if answer.status_code != 201:
            self.diary.met[f"no link: {answer.json().get('code')}"] += 1
            return None
        payment: dict[str, Any] = answer.json()
        if self._dice.random() < 0.1:
            await self._lie(payment)
        return payment

    async def _press(self, payment: dict[str, Any] | None, answer: str) -> None:
        """A button of the gateway's page; and what it told may be told again, by anybody, at any time."""
        if payment is None or payment["payment_url"] is None:
            return
        page = await self._line.ask_gateway("POST", payment["payment_url"], data={"answer": answer})
        location = page.headers.get("Location")
        if location and self._dice.random() < 0.25:
            self.diary.met["notice replayed"] += 1
            await self._tell(payment["provider"].lower(), dict(parse_qsl(urlsplit(location).query)))

    async def _lie(self, payment: dict[str, Any]) -> None:
        gateway, lie = payment["provider"].lower(), self._dice.choice(LIES)
        self.diary.met[f"notice {lie}"] += 1
        await self._tell(gateway, write_lie(gateway, lie, UUID(payment["id"]).hex, int(float(payment["amount"]))))

    async def _tell(self, gateway: str, fields: dict[str, Any]) -> None:
        path = f"/v1/payments/webhook/{gateway}"
        await (
            self._line.ask("GET", path, params=fields)
            if gateway == "vnpay"
            else self._line.ask("POST", path, json=fields)
        )

    # second thoughts

    async def _have_second_thoughts(self, booking_id: str) -> None:
        if self._whims.changes:
            await self._change(booking_id)
        if self._whims.gives_up:
            await self._wait(booking_id, WORKED_ON)
            await self._cancel(booking_id)
        elif (await self._wait(booking_id, WORKED_ON | UNPAID))["phase"] == "ticketed":
            self.diary.met[KEPT] += 1

    async def _cancel(self, booking_id: str) -> None:
        path = f"/v1/users/me/bookings/{booking_id}"
        quote = await self._line.ask("GET", f"{path}/cancellation-quote")
        body = {}
        if quote.status_code == 200:
            body = {"quote_hash": quote.json()["quote_hash"]}
            self.diary.agreed.add(UUID(quote.json()["quote_id"]))
        presses = 2 if self._whims.insisting < 0.25 else 1
        answers = await asyncio.gather(*(self._line.ask("POST", f"{path}/cancel", json=body) for _ in range(presses)))
        self.diary.met[f"cancellation answered {answers[0].status_code}"] += 1

    async def _change(self, booking_id: str) -> None:
        path = f"/v1/users/me/bookings/{booking_id}"
        day = (datetime.now(UTC) + timedelta(days=self._dice.randrange(10, 60))).date()
        asked = await self._line.ask("GET", f"{path}/change-quote", params={"departs_on": day.isoformat()})
        options = asked.json()["options"] if asked.status_code == 200 else []
        if not options:
            self.diary.met[f"no change: {asked.json().get('code', 'no option')}"] += 1
            return
        option = self._dice.choice(options[:5])
        self.diary.agreed.add(UUID(option["quote_id"]))
        body = {name: option[name] for name in ("quote_id", "quote_hash")}
        answer = await self._line.ask("POST", f"{path}/change", json=body)
        self.diary.met[f"change answered {answer.status_code}"] += 1
        if answer.status_code == 200 and answer.json()["amount_due"] and self._dice.random() < 0.9:
            await self._pay(booking_id, self._dice.choice(("vnpay", "momo")), "pay")
            await asyncio.sleep(LOOK_SECONDS)

    # looking

    async def _wait(self, booking_id: str, phases: set[str] | frozenset[str]) -> dict[str, Any]:
        """The booking once it has left these phases, or when the traveller has looked often enough."""
        booking: dict[str, Any] = {}
        for _ in range(LOOKS):
            answer = await self._line.ask("GET", f"/v1/users/me/bookings/{booking_id}")
            booking = _expect(answer, 200)
            if booking["phase"] not in phases:
                break
            await asyncio.sleep(LOOK_SECONDS)
        return booking

    async def _find_code(self) -> str:
        for _ in range(LOOKS):
            mails = (await self._line.ask_gateway("GET", "http://gateway/sandbox/outbox.json")).json()
            for mail in mails:
                codes = [word for word in mail["text"].split() if len(word) == 6 and word.isdigit()]
                if mail["to"] == self._email and codes:
                    return str(codes[0])
            await asyncio.sleep(LOOK_SECONDS)
        raise NobodyAnswers("no letter with a code")

    def _new_key(self) -> str:
        return f"{self._keys.getrandbits(128):032x}"


def _expect(answer: httpx.Response, *statuses: int) -> Any:
    if answer.status_code not in statuses:
        raise RuntimeError(
            f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
        )
    return answer.json() if answer.content else None
