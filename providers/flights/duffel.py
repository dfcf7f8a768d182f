"""Duffel: flights of many airlines behind one API, in the currency of our account there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote as quote_path

import httpx

from core.deadlines import deadline, seconds_left
from core.metrics import OFFERS_DROPPED
from domain.money import Money
from domain.offers import BookingFlow, CabinClass, FlightQuery
from domain.orders import CancellationQuote, ChangeQuote, ChangeRequest, FareRules, Order, Purchase, Service
from domain.seats import SeatMap
from providers.flights.base import (
    Capability,
    FlightProviderError,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    PriceChanged,
    ProviderDown,
    SoldOut,
    Unsupported,
    WorldMode,
)
from providers.flights.duffel_client import PLAIN_SECONDS, DuffelClient, PriceMoved, RefusedByAirline
from providers.flights.duffel_offers import (
    NAME,
    WireOffer,
    parse,
    read_money,
    read_offer,
    read_services,
)
from providers.flights.duffel_orders import (
    WireOrder,
    WirePendingChange,
    pending_order,
    read_cancellation,
    read_change_offer,
    read_order,
    reference_of,
    write_change,
    write_order,
    write_payment,
)
from providers.flights.duffel_search import split_query, write_offer_request
from providers.flights.duffel_seats import read_seat_maps, seat_prices
from providers.flights.unreadable import Unreadable

PAGE_SIZE = 200
OFFER_PAGES = 3
ORDER_PAGES = 5
"""A reference is looked up soon after its order was sent, and the newest orders come first."""
LEAST_SUPPLIER_SECONDS, MOST_SUPPLIER_SECONDS = 2.0, 5.0
"""How long Duffel waits for airlines; it takes no less."""
LISTING_SECONDS = 3.0
"""For reading what the airlines said."""
SORTING_SECONDS = 0.25
"""Between the last answer to a part of a search and our own."""
PARTS_AT_ONCE = 3
LOOK_SECONDS = 5.0
"""For what is read before an effect, so that the effect itself has its time."""


class Duffel:
    """A `FlightProvider`. Failed reads are not repeated here, and a write never is."""

    name = NAME
    capabilities: frozenset[Capability] = frozenset({"seat_map", "services", "find_order", "cancel", "change"})
    booking_flows: frozenset[BookingFlow] = frozenset({"hold", "instant"})

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        access_token: str,
        base_url: str,
        clock: Callable[[], datetime],
        is_test: bool,
    ) -> None:
        """`is_test` says that the token or the host sells no real seats; answers from the other mode are not taken."""
        self.mode: WorldMode = "test" if is_test else "live"
        self._is_test = is_test
        self._client = DuffelClient(http, access_token=access_token, base_url=base_url, clock=clock)

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        """Offers in the account's currency. Parts that fail or are late are left out if others found any."""
        turns = asyncio.Semaphore(PARTS_AT_ONCE)
        with deadline(seconds_left(PLAIN_SECONDS) - SORTING_SECONDS):
            parts = await asyncio.gather(
                *(self._search_part(part, turns) for part in split_query(query)), return_exceptions=True
            )
        failures = [part for part in parts if isinstance(part, BaseException)]
        for failure in failures:
            if not isinstance(failure, FlightProviderError):
                raise failure
        found = {each.offer.provider_offer_id: each for part in parts if isinstance(part, list) for each in part}
        if failures and not found:
            raise failures[0]
        return sorted(found.values(), key=lambda each: (each.offer.total.currency, each.offer.total.amount_minor))

    async def price(self, found: FoundOffer) -> FoundOffer:
        return await self._refresh(found)

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        raise Unsupported(f"{found.offer.provider} tells no more than an offer's conditions")

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        params = {"offer_id": found.offer.provider_offer_id}
        answer = await self._client.read("GET", "/air/seat_maps", params=params)
        return read_seat_maps(answer.data, _wire_offer(found), found.offer.slices)

    async def services(self, found: FoundOffer) -> list[Service]:
        return read_services(_wire_offer(await self._refresh(found, with_services=True)))

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        body = write_order(_wire_offer(found), purchase)
        with deadline(LOOK_SECONDS):
            await self._ensure_agreed(found, purchase)
        try:
            answer = await self._client.write("/air/orders", body)
        except PriceMoved:
            raise await self._explain_price(found, purchase) from None
        except RefusedByAirline as error:
            raise SoldOut(str(error)) from None
        if answer.status == httpx.codes.ACCEPTED:
            return pending_order(answer.data, found.offer, purchase)
        with _readable(or_else=OutcomeUnknown):
            return self._read_order(parse(WireOrder, answer.data))

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        with deadline(LOOK_SECONDS):
            order = await self.get_order(provider_order_id)
        if order.status == "cancelled":
            raise OfferGone("the order is no longer held")
        if order.total != amount:
            raise InvalidRequest("the order's total is another")
        if order.status != "held":
            return order
        try:
            await self._client.write("/air/payments", {"order_id": provider_order_id, "payment": write_payment(amount)})
        except (OfferGone, InvalidRequest):
            order = await self.get_order(provider_order_id)
            if order.status not in ("booked", "ticketed") or order.total != amount:
                raise
            return order
        return await self._read_back(provider_order_id)

    async def get_order(self, provider_order_id: str) -> Order:
        wire = await self._read_wire_order(provider_order_id)
        with _readable():
            return self._read_order(wire)

    async def find_order(self, reference: str) -> Order | None:
        """Looks through the account's newest thousand orders."""
        async for page in self._pages("/air/orders", {}, at_most=ORDER_PAGES):
            for raw in page:
                if reference_of(raw) == reference:
                    with _readable():
                        return self._read_order(parse(WireOrder, raw))
        return None

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        wire = await self._read_wire_order(provider_order_id)
        with _readable():
            if self._read_order(wire).status == "cancelled":
                raise OfferGone("the order has been given up")
        answer = await self._client.read("POST", "/air/order_cancellations", data={"order_id": provider_order_id})
        with _readable():
            return read_cancellation(answer.data, wire)

    async def cancel(self, quote: CancellationQuote) -> Order:
        try:
            await self._client.write(_path("order_cancellations", quote.quote_id, "/actions/confirm"), None)
        except (OfferGone, InvalidRequest):
            order = await self.get_order(quote.provider_order_id)
            if order.status != "cancelled":
                raise
            return order
        return await self._read_back(quote.provider_order_id)

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:
        wire = await self._read_wire_order(provider_order_id)
        with _readable():
            body = write_change(wire, change)
        answer = await self._client.read("POST", "/air/order_change_requests", data=body)
        quotes = []
        for raw in _list_in(answer.data, "order_change_offers"):
            with _counting_drops():
                quotes.append(read_change_offer(raw, wire, change))
        return sorted(quotes, key=lambda quote: quote.difference.amount_minor)

    async def change(self, quote: ChangeQuote) -> Order:
        try:
            with deadline(LOOK_SECONDS):
                pending, difference = await self._select_change(quote)
            if difference != quote.difference:
                raise OfferGone("the change costs something else now")
            due = {"payment": write_payment(difference)} if difference.amount_minor > 0 else {}
            await self._client.write(_path("order_changes", pending.id, "/actions/confirm"), due)
        except RefusedByAirline as error:
            raise SoldOut(str(error)) from None
        return await self._read_back(quote.provider_order_id)

    async def _select_change(self, quote: ChangeQuote) -> tuple[WirePendingChange, Money]:
        """The change, which nothing has been done about yet, and what it costs."""
        data = {"selected_order_change_offer": quote.quote_id}
        answer = await self._client.read("POST", "/air/order_changes", data=data)
        with _readable():
            pending = parse(WirePendingChange, answer.data)
            return pending, read_money(pending.change_total_amount, pending.change_total_currency)

    async def _search_part(self, part: FlightQuery, turns: asyncio.Semaphore) -> list[FoundOffer]:
        async with turns:
            to_wait = seconds_left(PLAIN_SECONDS) - LISTING_SECONDS
            supplier_seconds = min(MOST_SUPPLIER_SECONDS, max(LEAST_SUPPLIER_SECONDS, to_wait))
            params: dict[str, str | int] = {"return_offers": "false", "supplier_timeout": int(supplier_seconds * 1000)}
            try:
                answer = await self._client.read(
                    "POST", "/air/offer_requests", params=params, data=write_offer_request(part)
                )
                request_id = answer.data.get("id") if isinstance(answer.data, dict) else None
                if not isinstance(request_id, str):
                    raise ProviderDown("offer request without an id")
                listing: dict[str, str | int] = {"offer_request_id": request_id, "sort": "total_amount"}
                pages = self._pages("/air/offers", listing, at_most=OFFER_PAGES)
                return [found async for page in pages for found in self._read_offers(page, part.cabin)]
            except OfferGone as error:
                raise ProviderDown(str(error)) from None

    async def _pages(self, path: str, params: dict[str, str | int], *, at_most: int) -> AsyncIterator[list[Any]]:
        after: str | None = None
        for _ in range(at_most):
            page = {**params, "limit": PAGE_SIZE} | ({"after": after} if after else {})
            answer = await self._client.read("GET", path, params=page)
            if not isinstance(answer.data, list):
                raise ProviderDown("page without a list")
            yield answer.data
            if not (after := answer.after):
                return

    async def _refresh(self, found: FoundOffer, *, with_services: bool = False) -> FoundOffer:
        """The offer as it is sold now, and its bags where they are asked for."""
        params = {"return_available_services": "true"} if with_services else None
        try:
            answer = await self._client.read("GET", _path("offers", found.offer.provider_offer_id), params=params)
        except RefusedByAirline as error:
            raise SoldOut(str(error)) from None
        with _readable():
            fresh = self._read_offer(answer.data, found.offer.cabin)
        if fresh.offer.provider_offer_id != found.offer.provider_offer_id:
            raise ProviderDown("another offer was answered")
        return fresh

    async def _ensure_agreed(self, found: FoundOffer, purchase: Purchase) -> None:
        """That what is chosen costs what was agreed. What seats and bags cost is not in the offer."""
        total = found.offer.total
        if purchase.services:
            fresh = await self._refresh(found, with_services=True)
            if fresh.offer.total != total:
                raise PriceChanged(fresh)
            total += await self._sum_services(fresh, purchase)
        if total != purchase.total:
            raise (
                InvalidRequest("a chosen seat or bag costs something else")
                if purchase.services
                else PriceChanged(found)
            )

    async def _sum_services(self, fresh: FoundOffer, purchase: Purchase) -> Money:
        prices = {service.service_id: service.price for service in read_services(_wire_offer(fresh))}
        if any(choice.service_id not in prices for choice in purchase.services):
            prices |= seat_prices(await self.seat_map(fresh))
        total = fresh.offer.total * 0
        for choice in purchase.services:
            price = prices.get(choice.service_id)
            if price is None:
                raise SoldOut("a chosen seat or bag is gone")
            if price.currency != total.currency:
                raise InvalidRequest("a chosen seat or bag has another currency")
            total += price * choice.quantity
        return total

    async def _explain_price(self, found: FoundOffer, purchase: Purchase) -> FlightProviderError:
        """Why Duffel does not sell for what was agreed, in a way that does not lead to the same question again."""
        fresh = await self._refresh(found)
        if fresh.offer.total != found.offer.total:
            return PriceChanged(fresh)
        if purchase.services:
            return InvalidRequest("a chosen seat or bag costs something else")
        return OfferGone("no longer sold at the price it is shown at")

    def _read_offers(self, page: list[Any], cabin: CabinClass) -> Iterator[FoundOffer]:
        for raw in page:
            with _counting_drops():
                yield self._read_offer(raw, cabin)

    def _read_offer(self, raw: object, cabin: CabinClass) -> FoundOffer:
        """Raises Unreadable, also for an offer of the other mode."""
        found = read_offer(raw, cabin=cabin)
        self._ensure_of_our_mode(found.offer.simulated)
        return found

    def _read_order(self, wire: WireOrder) -> Order:
        """Raises Unreadable, also for an order of the other mode."""
        self._ensure_of_our_mode(not wire.live_mode)
        return read_order(wire)

    def _ensure_of_our_mode(self, is_test: bool) -> None:
        if is_test is not self._is_test:
            raise Unreadable("wrong_world")

    async def _read_wire_order(self, order_id: str) -> WireOrder:
        answer = await self._client.read("GET", _path("orders", order_id))
        with _readable():
            return parse(WireOrder, answer.data)

    async def _read_back(self, order_id: str) -> Order:
        """The order after a write that was accepted."""
        try:
            return await self.get_order(order_id)
        except FlightProviderError as error:
            raise OutcomeUnknown(f"done, but not read back: {error}") from None


def _path(collection: str, wire_id: str, action: str = "") -> str:
    return f"/air/{collection}/{quote_path(wire_id, safe='')}{action}"


def _wire_offer(found: FoundOffer) -> WireOffer:
    with _readable(or_else=InvalidRequest):
        return parse(WireOffer, found.raw)


def _list_in(data: object, key: str) -> list[Any]:
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, list):
        raise ProviderDown(f"answer without {key}")
    return value


@contextmanager
def _counting_drops() -> Iterator[None]:
    try:
        yield
    except Unreadable as error:
        OFFERS_DROPPED.labels(NAME, error.reason).inc()


@contextmanager
def _readable(*, or_else: type[FlightProviderError] = ProviderDown) -> Iterator[None]:
    """An answer that makes no sense is the port's error."""
    try:
        yield
    except Unreadable as error:
        raise or_else(f"unreadable answer: {error.reason}") from None
