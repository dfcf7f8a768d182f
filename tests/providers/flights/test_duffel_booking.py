"""Pricing, seats, bags and buying with Duffel, and what each of its errors becomes."""

from __future__ import annotations

import socket
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from domain.money import Money
from domain.offers import Baggage
from domain.orders import Purchase, ServiceChoice, Ticket
from providers.flights.base import (
    FoundOffer,
    InvalidRequest,
    OfferGone,
    OutcomeUnknown,
    PriceChanged,
    ProviderDown,
    SoldOut,
    Unsupported,
)
from providers.flights.duffel import Duffel
from tests.providers.flights.duffel_support import (
    NOW,
    TOKEN,
    FakeDuffel,
    found,
    held_order,
    offer,
    order,
    purchase,
    refusal,
    traveller,
)

OFFER, SEATS, BOOK = "GET /air/offers/off_1", "GET /air/seat_maps", "POST /air/orders"
ORDER = "GET /air/orders/ord_1"
PARTY = [{"id": "pas_i", "type": "infant_without_seat"}, {"id": "pas_c", "age": 8}, {"id": "pas_1", "type": "adult"}]

BAG = {
    "id": "ase_bag",
    "type": "baggage",
    "metadata": {"type": "checked", "maximum_weight_kg": 23},
    "passenger_ids": ["pas_1"],
    "segment_ids": ["seg_1"],
    "total_amount": "25.00",
    "total_currency": "USD",
    "maximum_quantity": 2,
}


def element(designator: str | None, *services: tuple[str, str], **fields: Any) -> dict[str, Any]:
    offered = [
        {"id": f"ase_{designator}_{who}", "passenger_id": who, "total_amount": amount, "total_currency": "USD"}
        for who, amount in services
    ]
    return {"type": "seat", "designator": designator, "disclosures": [], "available_services": offered} | fields


def seat_map_data() -> list[dict[str, Any]]:
    rows = [
        [
            [element("1A", ("pas_1", "9.00")), element("1B")],
            [element("1C", ("pas_1", "0.00"), name="Extra legroom seat")],
        ],
        [[{"type": "exit_row"}], [{"type": "exit_row"}]],
        [
            [element("2A"), element("2B", ("pas_x", "1.00"))],
            [element("2C"), element("2D", disclosures=["Infants may not sit here: no infants"])],
        ],
        [[{"type": "lavatory"}], [element(None, type="empty"), element("3D")]],
    ]
    cabin = {
        "deck": 0,
        "cabin_class": "economy",
        "aisles": 1,
        "wings": None,
        "rows": [{"sections": [{"elements": elements} for elements in sections]} for sections in rows],
    }
    return [
        {"id": "sea_1", "slice_id": "sli_1", "segment_id": "seg_1", "cabins": [cabin]},
        {"id": "sea_2", "slice_id": "sli_1", "segment_id": "seg_unknown", "cabins": [cabin]},
        {"id": "sea_3", "slice_id": "sli_1", "segment_id": "seg_1", "cabins": "none"},
    ]


@pytest.fixture
def duffel() -> FakeDuffel:
    return FakeDuffel()


def usd(amount: str) -> Money:
    return Money.parse(amount, "USD")


@pytest.mark.parametrize(("is_test", "mode"), [(True, "test"), (False, "live")])
async def test_what_the_other_mode_answers_is_not_taken(duffel: FakeDuffel, is_test: bool, mode: str) -> None:
    provider = duffel.provider(is_test=is_test)
    assert provider.mode == mode
    duffel.on(OFFER, (200, offer(live_mode=is_test)))
    duffel.on(BOOK, (201, order(live_mode=is_test)))
    duffel.on(ORDER, (200, order(live_mode=is_test)))
    for read in (provider.price(found()), provider.get_order("ord_1")):
        with pytest.raises(ProviderDown, match="wrong_world"):
            await read
    with pytest.raises(OutcomeUnknown, match="wrong_world"):
        await provider.book(found(), purchase())


@pytest.mark.parametrize("token", [f" {TOKEN}\n", f"{TOKEN}\r\n"])
async def test_blanks_around_a_token_do_not_matter(duffel: FakeDuffel, token: str) -> None:
    duffel.on(OFFER, (200, offer()))
    await duffel.provider(token=token).price(found())
    assert duffel.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


@contextmanager
def listening() -> Iterator[str]:
    """Something to connect to; nothing is ever sent there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


async def test_a_token_that_fits_no_header_is_in_no_traceback() -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        with listening() as url:
            broken = Duffel(http, access_token="SE\nCRET", base_url=url, clock=lambda: NOW, is_test=True)
            with pytest.raises(ProviderDown) as told:
                await broken.pay("ord_1", usd("110"))
    assert "CRET" not in "".join(traceback.format_exception(told.value))


async def test_pricing_reads_the_offer_anew(duffel: FakeDuffel) -> None:
    duffel.on(OFFER, (200, offer(base_amount="100.00", total_amount="120.00")))
    assert (await duffel.provider().price(found())).offer.total == usd("120")


@pytest.mark.parametrize("data", [offer("off_2"), offer(total_amount="x"), [], "off"])
async def test_another_offer_or_none_is_no_price(duffel: FakeDuffel, data: Any) -> None:
    duffel.on(OFFER, (200, data))
    with pytest.raises(ProviderDown):
        await duffel.provider().price(found())


async def test_fare_rules_are_not_told(duffel: FakeDuffel) -> None:
    assert "fare_rules" not in duffel.provider().capabilities
    with pytest.raises(Unsupported):
        await duffel.provider().fare_rules(found())


async def test_bags_are_for_travellers_and_slices_by_position(duffel: FakeDuffel) -> None:
    child_bag = BAG | {"id": "ase_child", "passenger_ids": ["pas_c"], "metadata": {"type": "carry_on"}}
    odd = [
        BAG | {"type": "meal"},
        BAG | {"metadata": None},
        BAG | {"total_amount": "x"},
        BAG | {"passenger_ids": ["?"]},
        7,
    ]
    duffel.on(OFFER, (200, offer(passengers=PARTY, available_services=[BAG, child_bag, *odd])))
    bag, carry_on = await duffel.provider().services(found(passengers=PARTY))
    assert (bag.service_id, bag.kind, bag.traveller, bag.slices) == ("ase_bag", "checked_bag", 0, (0,))
    assert (bag.bag, bag.price, bag.max_quantity) == (Baggage(pieces=1, kg=23), usd("25"), 2)
    assert (carry_on.kind, carry_on.traveller, carry_on.bag) == ("carry_on", 1, Baggage(pieces=1))
    assert duffel.requests[0].url.params["return_available_services"] == "true"


async def test_a_seat_map_is_read_row_by_row(duffel: FakeDuffel) -> None:
    duffel.on(SEATS, (200, seat_map_data()))
    (seat_map,) = await duffel.provider().seat_map(found())
    (cabin,) = seat_map.cabins
    seats = {seat.designator: seat for seat in cabin.seats}
    assert (seat_map.slice_index, seat_map.segment_index, seat_map.designator) == (0, 0, "VN123")
    assert (cabin.deck, cabin.columns) == ("main", ("A", "B", "", "C", "D"))
    assert list(seats) == ["1A", "1B", "1C", "2A", "2B", "2C", "2D", "3D"]
    assert [(each.traveller, each.price) for each in seats["1A"].prices] == [(0, usd("9"))]
    assert seats["1C"].is_available
    assert not seats["2B"].is_available
    assert seats["1A"].features == ("window",)
    assert seats["1C"].features == ("aisle", "extra_legroom")
    assert seats["2A"].features == ("window", "exit_row")
    assert seats["2D"].features == ("window", "no_infant", "exit_row")
    assert seats["3D"].features == ("window",)


@pytest.mark.parametrize("data", [[], {}, "x", [7, {"slice_id": "sli_1"}]])
async def test_no_seat_map_is_an_empty_answer(duffel: FakeDuffel, data: Any) -> None:
    duffel.on(SEATS, (200, data))
    assert await duffel.provider().seat_map(found()) == []


async def test_an_instant_order_pays_the_offer(duffel: FakeDuffel) -> None:
    duffel.on(BOOK, (201, order()))
    made = await duffel.provider().book(found(), purchase())
    assert duffel.sent(BOOK) == {
        "type": "instant",
        "selected_offers": ["off_1"],
        "payments": [{"type": "balance", "amount": "110.00", "currency": "USD"}],
        "metadata": {"reference": "our-1"},
        "passengers": [
            {
                "id": "pas_1",
                "given_name": "VAN A",
                "family_name": "NGUYEN",
                "gender": "m",
                "title": "mr",
                "born_on": "1990-05-01",
                "email": "a@example.com",
                "phone_number": "+84901234567",
                "identity_documents": [
                    {
                        "type": "passport",
                        "unique_identifier": "C1234567",
                        "issuing_country_code": "VN",
                        "expires_on": "2030-01-01",
                    }
                ],
            }
        ],
    }
    assert (made.provider_order_id, made.reference, made.record_locator) == ("ord_1", "our-1", "ABC123")
    assert (made.status, made.total, made.simulated, made.pay_by) == ("ticketed", usd("110"), True, None)
    assert made.tickets == (Ticket(traveller=0, number="7381234567890"),)
    assert made.slices == found().offer.slices


async def test_chosen_seats_and_bags_are_paid_with_the_offer(duffel: FakeDuffel) -> None:
    duffel.on(OFFER, (200, offer(available_services=[BAG])))
    duffel.on(SEATS, (200, seat_map_data()))
    duffel.on(BOOK, (201, order()))
    choices = (ServiceChoice(service_id="ase_bag", quantity=2), ServiceChoice(service_id="ase_1A_pas_1"))
    await duffel.provider().book(found(), purchase(total="169.00", services=choices))
    sent = duffel.sent(BOOK)
    assert sent["payments"][0]["amount"] == "169.00"
    assert sent["services"] == [{"id": "ase_bag", "quantity": 2}, {"id": "ase_1A_pas_1", "quantity": 1}]


async def test_a_seat_that_is_gone_stops_the_purchase(duffel: FakeDuffel) -> None:
    duffel.on(OFFER, (200, offer(available_services=None)))
    duffel.on(SEATS, (200, []))
    with pytest.raises(SoldOut):
        await duffel.provider().book(found(), purchase(services=(ServiceChoice(service_id="ase_9Z"),)))
    assert not duffel.calls(BOOK)


DEARER = offer(base_amount="100.00", total_amount="120.00", available_services=[BAG])
DEAR_BAG = offer(available_services=[BAG | {"total_amount": "250.00"}])
WITH_BAG = (ServiceChoice(service_id="ase_bag"),)


@pytest.mark.parametrize("flow", ["instant", "hold"])
@pytest.mark.parametrize(
    ("now", "total", "services", "error"),
    [
        (offer(), "120.00", (), PriceChanged),
        (DEARER, "135.00", WITH_BAG, PriceChanged),
        (DEAR_BAG, "135.00", WITH_BAG, InvalidRequest),
        (offer(), "135.00", WITH_BAG, SoldOut),
    ],
)
async def test_nothing_is_bought_for_another_sum_than_was_agreed(
    duffel: FakeDuffel, flow: str, now: Any, total: str, services: Any, error: type[Exception]
) -> None:
    duffel.on(OFFER, (200, now))
    duffel.on(SEATS, (200, []))
    with pytest.raises(error) as told:
        await duffel.provider().book(found(), purchase(flow, total=total, services=services))
    assert not duffel.calls(BOOK)
    if isinstance(told.value, PriceChanged):
        assert str(told.value.found.offer.total.amount) == now["total_amount"]


class Trusting(Duffel):
    """A mutant that buys whatever the sum is by now."""

    async def _ensure_agreed(self, found: FoundOffer, purchase: Purchase) -> None:
        pass


async def test_a_purchase_at_any_price_would_be_seen(duffel: FakeDuffel) -> None:
    duffel.on(OFFER, (200, DEAR_BAG))
    duffel.on(BOOK, (201, order()))
    mutant = duffel.provider()
    mutant.__class__ = Trusting
    await mutant.book(found(), purchase(total="135.00", services=WITH_BAG))
    assert duffel.calls(BOOK)


async def test_what_a_provider_would_pay_us_for_is_not_for_sale(duffel: FakeDuffel) -> None:
    (seat_map,) = seat_map_data()[:1]
    seat_map["cabins"][0]["rows"] = [{"sections": [{"elements": [element("1A", ("pas_1", "-9.00"))]}]}]
    duffel.on(SEATS, (200, [seat_map]))
    duffel.on(OFFER, (200, offer(available_services=[BAG | {"total_amount": "-1.00"}])))
    provider = duffel.provider()
    assert await provider.services(found()) == []
    (read,) = await provider.seat_map(found())
    assert not read.cabins[0].seats[0].is_available


async def test_a_held_order_pays_nothing_and_says_until_when(duffel: FakeDuffel) -> None:
    duffel.on(BOOK, (201, held_order()))
    made = await duffel.provider().book(found(), purchase("hold"))
    sent = duffel.sent(BOOK)
    assert sent["type"] == "hold"
    assert "payments" not in sent
    assert (made.status, str(made.pay_by)) == ("held", "2026-11-22 00:00:00+00:00")


async def test_travellers_meet_the_offers_passengers_by_type(duffel: FakeDuffel) -> None:
    duffel.on(BOOK, (201, order()))
    party = (traveller("adult", "ME"), traveller("child", "CON"), traveller("infant", "BE"))
    await duffel.provider().book(found(passengers=PARTY), purchase("instant", *party))
    sent = {each["id"]: each for each in duffel.sent(BOOK)["passengers"]}
    assert [(wire_id, each["given_name"]) for wire_id, each in sent.items()] == [
        ("pas_1", "ME"),
        ("pas_c", "CON"),
        ("pas_i", "BE"),
    ]
    assert sent["pas_1"]["infant_passenger_id"] == "pas_i"
    assert "infant_passenger_id" not in sent["pas_c"]


async def test_a_passport_is_not_given_where_the_airline_takes_none(duffel: FakeDuffel) -> None:
    duffel.on(BOOK, (201, order()))
    await duffel.provider().book(found(supported_passenger_identity_document_types=[]), purchase())
    assert "identity_documents" not in duffel.sent(BOOK)["passengers"][0]


@pytest.mark.parametrize(
    "party",
    [(traveller(), traveller()), (traveller("child"),), (traveller().model_copy(update={"gender": "other"}),)],
)
async def test_a_party_the_offer_is_not_for_is_refused_before_anything_is_sent(duffel: FakeDuffel, party: Any) -> None:
    with pytest.raises(InvalidRequest):
        await duffel.provider().book(found(), purchase("instant", *party))
    assert duffel.requests == []


@pytest.mark.parametrize(("body", "order_id"), [({"data": {"id": "ord_9"}}, "ord_9"), ({"data": {}}, None), ({}, None)])
async def test_an_accepted_order_is_pending(duffel: FakeDuffel, body: Any, order_id: str | None) -> None:
    duffel.on(BOOK, httpx.Response(202, json=body))
    made = await duffel.provider().book(found(), purchase())
    assert (made.status, made.provider_order_id, made.reference, made.total) == ("pending", order_id, "our-1", None)


async def test_a_changed_price_comes_with_the_new_offer(duffel: FakeDuffel) -> None:
    duffel.on(BOOK, refusal(422, "price_changed"))
    duffel.on(OFFER, (200, offer(base_amount="100.00", total_amount="120.00")))
    with pytest.raises(PriceChanged) as told:
        await duffel.provider().book(found(), purchase())
    assert told.value.found.offer.total == usd("120")


@pytest.mark.parametrize(("services", "error"), [((), OfferGone), (WITH_BAG, InvalidRequest)])
async def test_a_price_that_moved_while_the_offer_did_not_is_not_asked_for_again(
    duffel: FakeDuffel, services: Any, error: type[Exception]
) -> None:
    duffel.on(BOOK, refusal(422, "payment_amount_does_not_match_order_amount", "validation_error"))
    duffel.on(OFFER, (200, offer(available_services=[BAG])))
    with pytest.raises(error):
        await duffel.provider().book(found(), purchase(total="135.00" if services else "110.00", services=services))
