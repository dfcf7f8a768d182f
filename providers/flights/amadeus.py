"""Amadeus, for those with a contract. It sells at once, changes nothing, and cannot be asked for our own references.

Its order ids arrive percent-encoded and are put into paths as they are. Nothing is retried here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, NoReturn

from pydantic import ValidationError

from core.deadlines import deadline
from core.metrics import OFFERS_DROPPED
from domain.money import Money
from domain.offers import BookingFlow, CabinClass, Condition, FlightOffer, FlightQuery, LocalTime
from domain.orders import (
    CancellationQuote,
    ChangeQuote,
    ChangeRequest,
    FareNote,
    FareRules,
    Order,
    Purchase,
    Service,
)
from domain.seats import SeatMap
from domain.travellers import TravellerCounts
from providers.flights.amadeus_client import AmadeusClient
from providers.flights.amadeus_errors import (
    FLIGHT_DOES_NOT_OPERATE,
    OFFER_GONE,
    ORDER_GONE,
    PriceDiscrepancy,
)
from providers.flights.amadeus_offers import (
    Reading,
    parse_offer,
    read_offer,
)
from providers.flights.amadeus_orders import parse_order, read_order, write_order
from providers.flights.amadeus_search import write_pricing, write_search
from providers.flights.amadeus_seats import choose_seats, read_seat_maps
from providers.flights.amadeus_wire import WireIncluded, WireOffer
from providers.flights.base import (
    Capability,
    FlightProviderError,
    FoundOffer,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    PriceChanged,
    ProviderDown,
    UnsoldCurrency,
    Unsupported,
    WorldMode,
)
from providers.flights.unreadable import DropReason, Unreadable

PRICING_PATH = "/v1/shopping/flight-offers/pricing"
ORDERS_PATH = "/v1/booking/flight-orders"
PRICING_SECONDS = 5.0
"""For the look at the price before a booking, so that the booking itself has its time."""


class Amadeus:
    """A flight provider (see the port) for one contract. `is_test` says that its host sells no real seats."""

    name = "amadeus"
    capabilities: frozenset[Capability] = frozenset({"fare_rules", "seat_map", "cancel"})
    booking_flows: frozenset[BookingFlow] = frozenset({"instant"})

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        base_url: str,
        clock: Callable[[], datetime],
        is_test: bool,
    ) -> None:
        self.mode: WorldMode = "test" if is_test else "live"
        self._is_test = is_test
        self._clock = clock
        self._client = AmadeusClient(client_id=client_id, client_secret=client_secret, base_url=base_url)

    def close(self) -> None:
        self._client.close()

    async def search(self, query: FlightQuery) -> list[FoundOffer]:
        answer = await self._client.ask("POST", "/v2/shopping/flight-offers", write_search(query))
        found: dict[str, FoundOffer] = {}
        for each in sorted(self._read_offers(answer, query), key=lambda each: each.offer.total):
            found.setdefault(each.offer.provider_offer_id, each)
        return list(found.values())

    async def price(self, found: FoundOffer) -> FoundOffer:
        priced, _ = await self._price(found, found.raw)
        return priced

    async def fare_rules(self, found: FoundOffer) -> FareRules:
        priced, answer = await self._price(found, found.raw, "?include=detailed-fare-rules")
        try:
            included = WireIncluded.model_validate(answer.get("included") or {})
        except ValidationError:
            raise ProviderDown("unreadable fare rules") from None
        told = priced.offer.conditions
        before = found.offer.conditions
        return FareRules(
            refund=_known(told.refund, before.refund),
            change=_known(told.change, before.change),
            notes=tuple(dict.fromkeys(_read_notes(included))),
        )

    async def seat_map(self, found: FoundOffer) -> list[SeatMap]:
        gone = OFFER_GONE | {FLIGHT_DOES_NOT_OPERATE}
        answer = await self._client.ask("POST", "/v1/shopping/seatmaps", {"data": [found.raw]}, gone=gone)
        return read_seat_maps(answer, _parse(found.raw), found.offer)

    async def book(self, found: FoundOffer, purchase: Purchase) -> Order:
        if purchase.flow != "instant":
            raise Unsupported("no seats are held without money")
        raw = choose_seats(found.raw, _parse(found.raw), purchase.services)
        with deadline(PRICING_SECONDS):
            priced, _ = await self._price(found, raw)
        if priced.offer.total != purchase.total:
            raise await self._find_change(found, purchase)
        body = write_order(priced.raw, _parse(priced.raw), purchase)
        try:
            answer = await self._client.act("POST", ORDERS_PATH, body, gone=OFFER_GONE)
        except PriceDiscrepancy:
            raise await self._find_change(found, purchase) from None
        return self._read_booked(answer, priced, purchase)

    async def get_order(self, provider_order_id: str) -> Order:
        answer = await self._client.ask("GET", f"{ORDERS_PATH}/{provider_order_id}", gone=ORDER_GONE)
        wire = parse_order(answer.get("data"))
        if wire is None:
            raise ProviderDown("unreadable order")
        return read_order(wire, simulated=self._is_test)

    async def quote_cancellation(self, provider_order_id: str) -> CancellationQuote:
        """Before ticketing nothing has been charged for good; afterwards only the carrier can tell."""
        order = await self.get_order(provider_order_id)
        if order.status == "ticketed":
            raise InvalidRequest("tickets have been issued")
        if order.total is None:
            raise ProviderDown("unreadable order")
        return CancellationQuote(
            quote_id=provider_order_id,
            provider_order_id=provider_order_id,
            refund=order.total,
            fee=Money(amount_minor=0, currency=order.total.currency),
            expires_at=None,
        )

    async def cancel(self, quote: CancellationQuote) -> Order:
        order_id = quote.provider_order_id
        try:
            order = await self.get_order(order_id)
        except OfferGone:  # Amadeus forgets what was cancelled, so there is no telling when that was
            return self._remember_nothing_of(order_id)
        if order.status == "ticketed" or order.total != quote.refund:
            raise OfferGone("the order is no longer as it was quoted")
        with suppress(OfferGone):  # somebody else was faster
            await self._client.act("DELETE", f"{ORDERS_PATH}/{order_id}", gone=ORDER_GONE)
        return order.model_copy(update={"status": "cancelled"})

    async def services(self, found: FoundOffer) -> list[Service]:  # noqa: ARG002  the port's
        _refuse("bags")

    async def pay(self, provider_order_id: str, amount: Money) -> Order:  # noqa: ARG002  the port's
        _refuse("held orders")

    async def find_order(self, reference: str) -> Order | None:  # noqa: ARG002  the port's
        _refuse("orders by our reference")

    async def quote_change(self, provider_order_id: str, change: ChangeRequest) -> list[ChangeQuote]:  # noqa: ARG002  the port's
        _refuse("changes")

    async def change(self, quote: ChangeQuote) -> Order:  # noqa: ARG002  the port's
        _refuse("changes")

    def _read_offers(self, answer: dict[str, Any], query: FlightQuery) -> list[FoundOffer]:
        """What is sensible and in the money asked for; the rest is counted."""
        raws = answer.get("data")
        if not isinstance(raws, list):
            raise ProviderDown("unreadable offers")
        reading = self._reading(query.cabin, query.currency, query.travellers)
        found: list[FoundOffer] = []
        reasons: set[DropReason] = set()
        for raw in raws:
            try:
                offer = read_offer(raw, reading)
            except Unreadable as unreadable:
                reasons.add(unreadable.reason)
                OFFERS_DROPPED.labels(self.name, unreadable.reason).inc()
            else:
                found.append(FoundOffer(offer, raw))
        if not found and "other_currency" in reasons:
            raise UnsoldCurrency("answered in other money")
        return found

    async def _price(
        self, found: FoundOffer, raw: dict[str, Any], params: str = ""
    ) -> tuple[FoundOffer, dict[str, Any]]:
        """The offer as it is sold now, and the whole answer."""
        before = found.offer
        answer = await self._client.ask("POST", PRICING_PATH + params, write_pricing(raw), gone=OFFER_GONE)
        data = answer.get("data")
        priced = data.get("flightOffers") if isinstance(data, dict) else None
        if not isinstance(priced, list):
            raise ProviderDown("unreadable price")
        if not priced:
            raise OfferGone("no longer priced")
        try:
            offer = read_offer(priced[0], self._reading(before.cabin, before.total.currency, before.travellers))
        except Unreadable as unreadable:
            if unreadable.reason == "expired":
                raise OfferGone("past its ticketing date") from None
            raise ProviderDown(f"unreadable price: {unreadable.reason}") from None
        if _flights(offer) != _flights(before):
            raise ProviderDown("the price of another offer")
        named = offer.model_copy(update={"provider_offer_id": before.provider_offer_id})
        return FoundOffer(named, priced[0]), answer

    async def _find_change(self, found: FoundOffer, purchase: Purchase) -> FlightProviderError:
        """Why the sum is another than the one agreed: the offer is asked for without the seats chosen."""
        now = await self.price(found)
        if purchase.services and now.offer.total == found.offer.total:
            return InvalidRequest("services changed")
        return PriceChanged(now)

    def _remember_nothing_of(self, order_id: str) -> Order:
        return Order(
            provider=self.name,
            provider_order_id=order_id,
            reference=None,
            record_locator=None,
            status="cancelled",
            slices=(),
            total=None,
            pay_by=None,
            tickets=(),
            simulated=self._is_test,
        )

    def _read_booked(self, answer: dict[str, Any], priced: FoundOffer, purchase: Purchase) -> Order:
        wire = parse_order(answer.get("data"))
        if wire is None:
            raise OutcomeUnknown("unreadable order")
        order = read_order(wire, simulated=self._is_test)
        bought = {"slices": order.slices or priced.offer.slices, "total": order.total or priced.offer.total}
        return order.model_copy(update={**bought, "reference": purchase.reference})

    def _reading(self, cabin: CabinClass, currency: str, party: TravellerCounts | None) -> Reading:
        return Reading(cabin=cabin, currency=currency, party=party, now=self._clock(), is_simulated=self._is_test)


def _refuse(what: str) -> NoReturn:
    raise Unsupported(f"{Amadeus.name} has no {what}")


def _parse(raw: dict[str, Any]) -> WireOffer:
    try:
        return parse_offer(raw)
    except Unreadable:
        raise InvalidRequest("no offer of ours") from None


def _flights(offer: FlightOffer) -> list[tuple[str, str, str, LocalTime]]:
    segments = [segment for slice_ in offer.slices for segment in slice_.segments]
    return [(each.designator, each.origin, each.destination, each.departs) for each in segments]


def _known(now: Condition, before: Condition) -> Condition:
    """Pricing leaves out what the search told."""
    return before if now.allowed is None else now


def _read_notes(included: WireIncluded) -> Iterator[FareNote]:
    for rule in (included.rules or {}).values():
        for each in (rule.fare_notes.descriptions if rule.fare_notes else None) or []:
            if each.text:
                yield FareNote(title=each.description_type or rule.name or "", text=each.text)
