"""Who travels, what narrows a search and what it may cost, in many wordings: tables of sentences."""

from __future__ import annotations

import pytest

from tests.understanding.tables import NOW, in_lots, read_table
from understanding.amounts import find_amounts
from understanding.filters import find_filters
from understanding.frame import Frame
from understanding.read import read_message
from understanding.text import read_text


def _party(frame: Frame) -> str:
    counts = f"{frame.adults or 0}/{frame.children or 0}/{frame.infants or 0}"
    return counts + "?" * any(doubt.field == "children" for doubt in frame.ambiguous)


@in_lots(read_table("travellers.tsv"))
def test_party_is_counted_however_it_is_said(message: str, party: str) -> None:
    for spelling in (message, f"{message}."):
        assert _party(read_message(spelling, frame=Frame(), now=NOW).frame) == party, spelling


@in_lots(
    [
        ("thêm 1 người nữa", (2, None, None), "3/0/0"),
        ("add a child", (2, None, None), "2/1/0"),
        ("add another child aged 4", (2, 1, None), "2/2/0"),
        ("vay them 1 be 3 tuoi", (2, None, None), "2/1/0"),
        ("add my wife", (1, None, None), "2/0/0"),
        ("2 more adults", (1, None, None), "3/0/0"),
        ("bỏ bớt em bé", (2, 1, 1), "2/1/0"),
        ("remove the infant", (2, None, 1), "2/0/0"),
        ("bớt 1 người", (3, None, None), "2/0/0"),
        ("drop one adult", (2, None, None), "1/0/0"),
        ("no kids", (2, 2, None), "2/0/0"),
        ("không có em bé nữa", (2, 1, 1), "2/1/0"),
        ("make it 3", (2, None, None), "3/0/0"),
        ("just me now", (3, None, None), "1/0/0"),
        ("make that 4 adults", (2, 1, None), "4/1/0"),
        ("à có 1 bạn không đi nữa, còn 4 thôi", (5, None, None), "4/0/0"),
        ("one person can't make it", (3, None, None), "2/0/0"),
        ("khoan, thêm một người nữa được không, đi 2 người", (None, None, None), "2/0/0"),
    ]
)
def test_party_is_changed_by_those_who_join_or_leave(
    message: str, before: tuple[int, int | None, int | None], party: str
) -> None:
    adults, children, infants = before
    frame = Frame(adults=adults, children=children, infants=infants)
    assert _party(read_message(message, frame=frame, now=NOW).frame) == party


@in_lots(read_table("filters.tsv"))
def test_filters_are_those_of_the_table(message: str, expected: str) -> None:
    found = [f"{mention.field}={mention.value}" for mention in find_filters(read_text(message))]
    assert sorted(found) == sorted(expected.split())


def test_wish_for_a_low_cost_carrier_orders_by_price() -> None:
    """No carrier is chosen for the traveller: which ones fly cheaply differs by route, and the price is what counts."""
    for message in ("hãng giá rẻ thôi", "a low-cost airline", "any budget airline"):
        frame = read_message(message, frame=Frame(), now=NOW).frame
        assert (frame.sort, frame.airlines) == ("price", ()), message


@in_lots(read_table("amounts.tsv"))
def test_amounts_are_those_of_the_table(message: str, expected: str) -> None:
    found = [
        f"{amount.money.amount.normalize():f} {amount.money.currency} {amount.bound}" + " ~" * (not amount.is_certain)
        for amount in find_amounts(read_text(message))
    ]
    assert "; ".join(found) == expected


@pytest.mark.parametrize(
    ("said", "answer", "party"),
    [
        ("2 adults and 2 toddlers", "4 and 1", "2/1/1"),
        ("1 người lớn 2 bé", "3 tuổi với 15 tháng", "1/1/1"),
        ("hai vợ chồng và một bé", "18 tháng chị ạ", "2/0/1"),
        ("my kids and I", "two, 4 and 8", "1/2/0"),
    ],
)
def test_ages_asked_for_are_those_of_all_the_children(said: str, answer: str, party: str) -> None:
    frame = read_message(said, frame=Frame(), now=NOW).frame
    assert _party(frame).endswith("?")
    assert _party(read_message(answer, frame=frame, now=NOW).frame) == party
