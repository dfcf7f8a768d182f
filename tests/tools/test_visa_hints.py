"""Visa hints: for whom, where to, and that they are no more than hints."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain.offers import Slice
from services.bookings.visas import list_countries_visited
from tests.support.offers import make_slice
from tests.tools.customer import PASSPORT, Customer
from tests.tools.desk import Desk
from tools.visa import visa_hints

ASSUMED = "Mình đang tính theo hộ chiếu Việt Nam vì chưa biết hộ chiếu của bạn."


AMERICAN = {"nationality": "US", "passport_country": "US", "passport_number": "123456789"}


@pytest.fixture
def visitor(owner: Customer) -> Desk:
    return Desk(owner.transactions, owner.parts.market, state=dict(owner.desk.state))


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("Thái Lan", "Đi Thái Lan trong thời gian ngắn thường được miễn visa."),
        ("Tokyo", "Đi Nhật Bản thường phải có visa."),
        ("ICN", "Đi Hàn Quốc thường phải có visa."),
        ("Brazil", "Đi Brazil có cần visa hay không thì mình không chắc."),
    ],
)
async def test_visitor_is_taken_to_be_vietnamese_and_told_so(visitor: Desk, said: str, hint: str) -> None:
    answer = await visitor.call(visa_hints, destination=said)
    assert answer.facts["hints"] == [hint]
    assert answer.facts["notes"][0] == ASSUMED
    assert "chỉ là gợi ý" in answer.facts["notes"][-1]
    assert "đại sứ quán" in answer.card["text"]


async def test_saved_passport_decides_and_is_not_told(owner: Customer) -> None:
    await owner.enter("Jane", "Doe", **AMERICAN)
    answer = await owner.desk.call(visa_hints, destination="Nhật Bản", travellers=["1", "2"])
    assert answer.facts["hints"] == [
        "Nguyễn Lan: Đi Nhật Bản thường phải có visa.",
        "Doe Jane: Đi Nhật Bản có cần visa hay không thì mình không chắc.",
    ]
    assert len(answer.facts["notes"]) == 1, "nothing is assumed of them"
    for secret in ("US", "Hoa Kỳ", AMERICAN["passport_number"], PASSPORT):
        assert secret not in answer.text + str(answer.cards)


async def test_who_is_not_known_to_be_meant_is_taken_to_be_vietnamese(owner: Customer) -> None:
    await owner.enter("Jane", "Doe", **AMERICAN)
    assert ASSUMED in (await owner.desk.call(visa_hints, destination="Nhật Bản")).facts["notes"]
    await owner.set_default()
    assert ASSUMED not in (await owner.desk.call(visa_hints, destination="Nhật Bản")).facts["notes"]


async def test_offer_within_a_country_needs_none(visitor: Desk) -> None:
    answer = await visitor.call(visa_hints, destination="1")
    assert answer.facts == {
        "destinations": [],
        "hints": ["Hành trình này không qua biên giới nên không cần visa."],
        "notes": [],
    }


def fly(origin: str, via: str, destination: str) -> Slice:
    first, second = make_slice(carriers=("VN", "VN")).segments
    return Slice(
        segments=(
            first.model_copy(update={"origin": origin, "destination": via}),
            second.model_copy(update={"origin": via, "destination": destination}),
        )
    )


def test_places_to_stay_are_told_from_places_to_change_planes() -> None:
    there, back = fly("HAN", "BKK", "NRT"), fly("NRT", "ICN", "SGN")
    assert list_countries_visited([there, back]) == (["JP"], ["TH", "KR"])
    assert list_countries_visited([make_slice("08:00")]) == ([], [])


async def test_what_names_no_country_or_offer_is_refused(visitor: Desk, owner: Customer) -> None:
    assert (await visitor.refusal(visa_hints, destination="châu Âu"))["error"] == "unknown_place"
    assert (await visitor.refusal(visa_hints, destination="99"))["error"] == "offer_number_unknown"
    assert (await visitor.refusal(visa_hints, destination="Nhật", travellers=["1"]))["error"] == "sign_in_needed"
    assert (await owner.desk.refusal(visa_hints, destination="Nhật", travellers=["7"]))["error"] == "travellers_unclear"
    with pytest.raises(ValidationError):
        await visitor.call(visa_hints, destination="")
