"""The simulated Duffel on the wire: who may ask, searches, offers, seats and bags."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest

from core.clock import clock
from providers.sandbox.duffel_state import KEPT_REQUESTS
from tests.providers.sandbox.duffel_client import (
    ADULT,
    DAY,
    Duffel,
    Json,
    code_of,
    make_slice,
)
from tests.providers.sandbox.duffel_world import usd

# Who may ask


@pytest.mark.parametrize(
    ("headers", "refusal"),
    [
        ({"Authorization": ""}, (401, "authentication_error", "missing_authorization_header")),
        ({"Authorization": "Bearer duffel_live_key"}, (401, "authentication_error", "access_token_not_found")),
        ({"Authorization": "Basic duffel_test_key"}, (401, "authentication_error", "access_token_not_found")),
        ({"Duffel-Version": "v1"}, (400, "invalid_request_error", "unsupported_version")),
    ],
)
async def test_a_request_without_a_test_token_and_the_version_is_refused(
    duffel: Duffel, headers: Json, refusal: tuple[int, str, str]
) -> None:
    answer = await duffel.http.get("/air/orders", headers=headers)
    assert code_of(answer) == refusal


async def test_a_request_without_a_version_is_refused(duffel: Duffel) -> None:
    del duffel.http.headers["Duffel-Version"]
    answer = await duffel.get("/air/orders")
    assert code_of(answer) == (400, "invalid_request_error", "missing_version_header")


async def test_every_answer_tells_the_rate_limit_with_a_http_date(duffel: Duffel) -> None:
    first, second = await duffel.get("/air/orders"), await duffel.get("/air/offers/off_none")
    assert first.headers["ratelimit-limit"] == "4000"
    assert int(second.headers["ratelimit-remaining"]) == int(first.headers["ratelimit-remaining"]) - 1
    assert parsedate_to_datetime(first.headers["ratelimit-reset"]) > clock.now()
    assert first.headers["content-type"] == "application/json"


# Searching


async def test_a_search_answers_in_duffels_shape(duffel: Duffel) -> None:
    request = await duffel.search(ADULT, {"age": 8}, {"age": 1})
    assert request["id"].startswith("orq_")
    assert request["live_mode"] is False
    assert [(each["type"], each["age"]) for each in request["passengers"]] == [
        ("adult", None),
        ("child", 8),
        ("infant_without_seat", 1),
    ]
    offer = request["offers"][0]
    assert offer["id"].startswith("off_")
    assert (offer["live_mode"], offer["owner"]["iata_code"]) == (False, "VN")
    assert (offer["total_amount"], offer["total_currency"]) == ("307.50", "USD")
    assert (offer["base_amount"], offer["tax_amount"]) == ("270.00", "37.50")
    assert offer["conditions"] == {
        "refund_before_departure": None,
        "change_before_departure": {"allowed": True, "penalty_amount": "20.00", "penalty_currency": "USD"},
    }
    assert offer["available_services"] is None
    assert datetime.fromisoformat(offer["expires_at"]) == clock.now() + timedelta(minutes=20)
    assert offer["passenger_identity_documents_required"] is False
    assert offer["supported_passenger_identity_document_types"] == ["passport"]
    [slice_] = offer["slices"]
    assert slice_["id"].startswith("sli_")
    assert (slice_["fare_brand_name"], slice_["duration"]) == ("Classic", "PT02H05M")
    assert (slice_["origin"]["iata_code"], slice_["origin_type"]) == ("HAN", "airport")
    [segment] = slice_["segments"]
    assert segment["id"].startswith("seg_")
    assert (segment["departing_at"], segment["arriving_at"]) == (f"{DAY}T06:05:00", f"{DAY}T08:10:00")
    assert (segment["marketing_carrier"]["iata_code"], segment["marketing_carrier_flight_number"]) == ("VN", "206")
    assert segment["aircraft"]["iata_code"] == "321"
    assert segment["stops"] == []
    assert segment["destination"]["time_zone"] == "Asia/Ho_Chi_Minh"
    assert [each["passenger_id"] for each in segment["passengers"]] == [each["id"] for each in request["passengers"]]
    assert segment["passengers"][0]["baggages"] == [
        {"type": "checked", "quantity": 0},
        {"type": "carry_on", "quantity": 1},
    ]


async def test_what_the_airline_does_not_say_is_null_or_left_out(duffel: Duffel) -> None:
    last = (await duffel.search())["offers"][2]["slices"][0]["segments"][1]
    assert last["aircraft"] is None
    assert last["operating_carrier"] is None
    assert [each["type"] for each in last["passengers"][0]["baggages"]] == ["carry_on"]


async def test_the_world_is_asked_in_the_accounts_currency_for_the_travellers_by_age(duffel: Duffel) -> None:
    await duffel.search(ADULT, {"age": 12}, {"age": 2}, {"age": 1})
    [query] = duffel.world.queries
    assert query.currency == "USD"
    assert (query.travellers.adults, query.travellers.children, query.travellers.infants) == (2, 1, 1)


async def test_a_city_code_stands_for_all_its_airports(duffel: Duffel) -> None:
    request = await duffel.search(destination="TYO")
    assert duffel.world.queries[0].slices[0].destinations == ("HND", "NRT")
    place = request["slices"][0]["destination"]
    assert (place["type"], request["slices"][0]["destination_type"]) == ("city", "city")
    assert [each["iata_code"] for each in place["airports"]] == ["HND", "NRT"]


async def test_offers_have_new_ids_in_each_offer_request(duffel: Duffel) -> None:
    first, second = await duffel.search(), await duffel.search()
    assert not {each["id"] for each in first["offers"]} & {each["id"] for each in second["offers"]}


async def test_only_offers_that_can_be_held_do_not_require_instant_payment(duffel: Duffel) -> None:
    held, instant, _ = (await duffel.search())["offers"]
    assert held["payment_requirements"]["requires_instant_payment"] is False
    assert datetime.fromisoformat(held["payment_requirements"]["payment_required_by"]) > clock.now()
    assert instant["payment_requirements"] == {
        "requires_instant_payment": True,
        "payment_required_by": None,
        "price_guarantee_expires_at": None,
    }


async def test_offers_are_paged_by_cursor_and_sorted(duffel: Duffel) -> None:
    request = await duffel.ask(return_offers="false")
    assert "offers" not in request
    asked = {"offer_request_id": request["id"], "sort": "total_amount", "limit": 2}
    first = (await duffel.get("/air/offers", **asked)).json()
    assert [each["total_amount"] for each in first["data"]] == ["62.50", "82.50"]
    assert first["meta"]["limit"] == 2
    assert first["meta"]["before"] is None
    second = (await duffel.get("/air/offers", **asked, after=first["meta"]["after"])).json()
    assert [each["total_amount"] for each in second["data"]] == ["102.50"]
    assert second["meta"]["after"] is None


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"slices": [], "passengers": [ADULT]}, "slices", "validation_format"),
        ({"passengers": [ADULT]}, "slices", "validation_required"),
        ({"slices": [make_slice("HAN", "QQQ")], "passengers": [ADULT]}, "destination", "validation_inclusion"),
        ({"slices": [make_slice()], "passengers": [{}]}, "0", "validation_format"),
        ({"slices": [make_slice()], "passengers": [{"type": "child"}]}, "type", "validation_format"),
    ],
)
async def test_a_malformed_search_names_its_field(duffel: Duffel, body: Json, field: str, code: str) -> None:
    answer = await duffel.post("/air/offer_requests", body)
    assert code_of(answer) == (422, "validation_error", code)
    assert answer.json()["errors"][0]["source"]["field"] == field


@pytest.mark.parametrize("params", [{"limit": 201}, {"limit": 0}, {"after": "nonsense"}, {"after": "é"}])
async def test_a_page_that_cannot_be_is_refused(duffel: Duffel, params: Json) -> None:
    request = await duffel.search()
    answer = await duffel.get("/air/offers", offer_request_id=request["id"], **params)
    assert code_of(answer)[:2] == (422, "validation_error")


async def test_a_body_that_is_no_json_is_refused(duffel: Duffel) -> None:
    answer = await duffel.http.post("/air/offer_requests", content=b"{")
    assert code_of(answer) == (400, "invalid_request_error", "bad_request")


async def test_old_offer_requests_are_forgotten(duffel: Duffel) -> None:
    first = await duffel.search()
    for _ in range(KEPT_REQUESTS):
        await duffel.ask(return_offers="false")
    answer = await duffel.get(f"/air/offers/{first['offers'][0]['id']}")
    assert code_of(answer) == (404, "invalid_request_error", "not_found")


# One offer


async def test_reading_an_offer_refreshes_its_price(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    duffel.world.price_rise = usd("10.00")
    read = (await duffel.get(f"/air/offers/{offer['id']}")).json()["data"]
    assert (read["id"], read["total_amount"], read["slices"]) == (offer["id"], "112.50", offer["slices"])


async def test_bags_come_with_the_offer_when_asked_for(duffel: Duffel) -> None:
    offer = (await duffel.search(back=True))["offers"][0]
    read = (await duffel.get(f"/air/offers/{offer['id']}", return_available_services="true")).json()["data"]
    [bag] = read["available_services"]
    assert bag["id"].startswith("ase_")
    assert (bag["type"], bag["maximum_quantity"]) == ("baggage", 2)
    assert (bag["total_amount"], bag["total_currency"]) == ("30.00", "USD")
    assert bag["passenger_ids"] == [offer["passengers"][0]["id"]]
    assert bag["segment_ids"] == [each["segments"][0]["id"] for each in offer["slices"]]
    assert (bag["metadata"]["type"], bag["metadata"]["maximum_weight_kg"]) == ("checked", 23)


async def test_a_seat_map_lists_rows_in_sections_between_aisles(duffel: Duffel) -> None:
    offer = (await duffel.search())["offers"][0]
    [seat_map] = (await duffel.get("/air/seat_maps", offer_id=offer["id"])).json()["data"]
    assert seat_map["slice_id"] == offer["slices"][0]["id"]
    assert seat_map["segment_id"] == offer["slices"][0]["segments"][0]["id"]
    [cabin] = seat_map["cabins"]
    assert (cabin["deck"], cabin["aisles"], cabin["cabin_class"], cabin["wings"]) == (0, 1, "economy", None)
    row_11, exits, row_12 = cabin["rows"]
    assert [[each["type"] for each in section["elements"]] for section in row_11["sections"]] == [
        ["seat", "empty"],
        ["empty"],
    ]
    assert {each["type"] for section in exits["sections"] for each in section["elements"]} == {"exit_row"}
    window = row_12["sections"][0]["elements"][0]
    assert window["designator"] == "12A"
    assert window["name"] == "Exit row seat"
    [service] = window["available_services"]
    assert service["id"].startswith("ase_")
    assert (service["passenger_id"], service["total_amount"]) == (offer["passengers"][0]["id"], "7.00")
    assert row_11["sections"][0]["elements"][0]["available_services"] == []
