"""Duffel: flights of many airlines behind one API, in the currency of our account there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import quote as quote_path

import httpx

from core.deadlines import seconds_left
from core.metrics import OFFERS_DROPPED
from core.settings import DUFFEL_TEST_PREFIX
from domain.money import Money
from domain.offers import BookingFlow, FlightQuery
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
from providers.flights.duffel_client import READ_SECONDS, DuffelClient, PriceMoved, RefusedByAirline
from providers.flights.duffel_offers import (
    NAME,
    Unreadable,
    WireOffer,
    answers,
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

PAGE_SIZE = 200
OFFER_PAGES = 3
ORDER_PAGES = 5
"""A reference is looked up soon after its order was sent, and the newest orders come first."""
LEAST_SUPPLIER_MS, MOST_SUPPLIER_MS = 2_000, 9_000
"""Duffel's own least; and what leaves its answer time to reach us."""


class Duffel:
    """A `FlightProvider`. Failed reads are not repeated here, and a write never is."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        access_token: str,
        base_url: str,
        clock: Callable[[], datetime],
        hold_type: str = "hold",
    ) -> None:
        """`hold_type` is the API's word for an order without payment, which is not the same for every account."""
        self._client = DuffelClient(http, access_token=access_token, base_url=base_url, clock=clock)
        self._hold_type = hold_type
        self._mode: WorldMode = "test" if access_token.startswith(DUFFEL_TEST_PREFIX) else "live"

    @property
    def name(self) -> str:
        return NAME

    @property
    def mode(self) -> WorldMode:
        return self._mode

    @property
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({"seat_map", "services", "find_order", "cancel", "change"})

    @property
    def booking_flows(self) -> frozenset[BookingFlow]:
        return frozenset({"hold", "instant"})

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        """Offers in the account's currency. A part of the search that fails is left out if another found something."""
        parts = await asyncio.gather(
            *(self._search_part(part, query) for part in split_query(query)), return_exceptions=True
        )
        found = {each.offer.provider_offer_id: each for part in parts if isinstance(part, list) for each in part}
        failures = [part for part in parts if isinstance(part, BaseException)]
        if failures and not found:
            raise failures[0]
        return sorted(found.values(), key=lambda each: (each.offer.total.currency, each.offer.total.amount_minor))

    async def price(self, found: FoundOffer) -> FoundOffer:
        try:
            answer = await self._client.read("GET", _path("offers", found.offer.provider_offer_id))
        except RefusedByAirline as error:
            raise SoldOut(str(error)) from error
        with _readable():
            fresh = read_offer(answer.data, cabin=found.offer.cabin)
        if fresh.offer.provider_offer_id != found.offer.provider_offer_id:
            raise ProviderDown("another offer was answered")
        return fresh

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        raise Unsupported(f"{found.offer.provider} tells no more than an offer's conditions")

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        params = {"offer_id": found.offer.provider_offer_id}
        answer = await self._client.read("GET", "/air/seat_maps", params=params)
        return read_seat_maps(answer.data, _wire_offer(found), found.offer.slices)

    async def services(self, found: FoundOffer) -> list[Service]:
        params = {"return_available_services": "true"}
        answer = await self._client.read("GET", _path("offers", found.offer.provider_offer_id), params=params)
        with _readable():
            return read_services(parse(WireOffer, answer.data))

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        wire = _wire_offer(found)
        amount = None
        if purchase.flow == "instant":
            amount = await self._price_with_services(found, purchase)
        body = write_order(wire, purchase, hold_type=self._hold_type, amount=amount)
        try:
            answer = await self._client.write("/air/orders", body)
        except PriceMoved:
            raise PriceChanged(await self.price(found)) from None
        except RefusedByAirline as error:
            raise SoldOut(str(error)) from error
        if answer.status == httpx.codes.ACCEPTED:
            return pending_order(answer.data, found.offer, purchase)
        with _readable(or_else=OutcomeUnknown):
            return read_order(parse(WireOrder, answer.data))

    async def pay(self, provider_order_id: str, amount: Money) -> Order:
        """An order that is paid already is answered as it is."""
        wire = await self._read_wire_order(provider_order_id)
        with _readable():
            order = read_order(wire)
        if order.status == "cancelled":
            raise OfferGone("the order is no longer held")
        if order.total != amount:
            raise InvalidRequest("the order's total is another")
        if order.status != "held":
            return order
        await self._client.write("/air/payments", {"order_id": provider_order_id, "payment": write_payment(amount)})
        return await self._read_back(provider_order_id)

    async def get_order(self, provider_order_id: str) -> Order:
        wire = await self._read_wire_order(provider_order_id)
        with _readable():
            return read_order(wire)

    async def find_order(self, reference: str) -> Order | None:
        """Looks through the account's newest thousand orders."""
        async for page in self._pages("/air/orders", {}, at_most=ORDER_PAGES):
            for raw in page:
                if reference_of(raw) == reference:
                    with _readable():
                        return read_order(parse(WireOrder, raw))
        return None

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        wire = await self._read_wire_order(provider_order_id)
        with _readable():
            if read_order(wire).status == "cancelled":
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
            answer = await self._client.read(
                "POST", "/air/order_changes", data={"selected_order_change_offer": quote.quote_id}
            )
            with _readable():
                pending = parse(WirePendingChange, answer.data)
                difference = read_money(pending.change_total_amount, pending.change_total_currency)
            if difference != quote.difference:
                raise OfferGone("the change costs something else now")
            due = {"payment": write_payment(difference)} if difference.amount_minor > 0 else {}
            await self._client.write(_path("order_changes", pending.id, "/actions/confirm"), due)
        except RefusedByAirline as error:
            raise SoldOut(str(error)) from error
        return await self._read_back(quote.provider_order_id)

    async def _search_part(self, part: FlightQuery, query: FlightQuery) -> list[FoundOffer]:
        left_ms = int(seconds_left(READ_SECONDS) * 1000) - (LEAST_SUPPLIER_MS // 2)
        supplier_ms = min(MOST_SUPPLIER_MS, max(LEAST_SUPPLIER_MS, left_ms))
        params: dict[str, str | int] = {"return_offers": "false", "supplier_timeout": supplier_ms}
        try:
            answer = await self._client.read(
                "POST", "/air/offer_requests", params=params, data=write_offer_request(part)
            )
            request_id = answer.data.get("id") if isinstance(answer.data, dict) else None
            if not isinstance(request_id, str):
                raise ProviderDown("offer request without an id")
            listing: dict[str, str | int] = {"offer_request_id": request_id, "sort": "total_amount"}
            pages = self._pages("/air/offers", listing, at_most=OFFER_PAGES)
            return [found async for page in pages for found in _read_offers(page, part, query)]
        except OfferGone as error:
            raise ProviderDown(str(error)) from error

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

    async def _price_with_services(self, found: FoundOffer, purchase: Purchase) -> Money:
        """What an instant order costs; the prices of chosen seats and bags are not in the offer."""
        total = found.offer.total
        if not purchase.services:
            return total
        prices = {service.service_id: service.price for service in await self.services(found)}
        if any(choice.service_id not in prices for choice in purchase.services):
            prices |= seat_prices(await self.seat_map(found))
        for choice in purchase.services:
            price = prices.get(choice.service_id)
            if price is None:
                raise SoldOut("a chosen seat or bag is gone")
            if price.currency != total.currency:
                raise InvalidRequest("a chosen seat or bag has another currency")
            total += price * choice.quantity
        return total

    async def _read_wire_order(self, order_id: str) -> WireOrder:
        answer = await self._client.read("GET", _path("orders", order_id))
        with _readable():
            return parse(WireOrder, answer.data)

    async def _read_back(self, order_id: str) -> Order:
        """The order after a write that was accepted."""
        try:
            answer = await self._client.read_back(_path("orders", order_id))
        except FlightProviderError as error:
            raise OutcomeUnknown(f"done, but not read back: {error}") from error
        with _readable(or_else=OutcomeUnknown):
            return read_order(parse(WireOrder, answer.data))


def _path(collection: str, wire_id: str, action: str = "") -> str:
    return f"/air/{collection}/{quote_path(wire_id, safe='')}{action}"


def _wire_offer(found: FoundOffer) -> WireOffer:
    with _readable(or_else=InvalidRequest):
        return parse(WireOffer, found.raw)


def _read_offers(page: list[Any], part: FlightQuery, query: FlightQuery) -> Iterator[FoundOffer]:
    for raw in page:
        with _counting_drops():
            found = read_offer(raw, cabin=query.cabin)
            if not answers(query, found.offer):
                raise Unreadable("wrong_route")
            # a city's code may bring what another part of the search asks for
            if answers(part, found.offer):
                yield found


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
        raise or_else(f"unreadable answer: {error.reason}") from error
