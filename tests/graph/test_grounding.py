"""What a model may state, and what is kept from the traveller."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.messages import Language, say
from core.metrics import SENTENCES_REPLACED
from graph import grounding
from graph.evidence import Evidence
from graph.grounding import (
    MAX_REPLY_CHARACTERS,
    MAX_SENTENCE_CHARACTERS,
    Screen,
    collect_evidence,
    find_ungrounded,
)
from tests.understanding.tables import in_lots
from understanding.claim_base import ClaimKind
from understanding.claims import find_claims

FACTS: dict[str, Any] = {
    "agent": "flight",
    "language": "vi",
    "now": "2026-11-25T10:00+07:00",
    "weekday": "Wednesday",
    "currency": "VND",
    "frame": {
        "origin": {"iata": "HAN", "name": "Hà Nội", "kind": "city"},
        "destination": {"iata": "DAD", "name": "Đà Nẵng", "kind": "city"},
        "depart_on": "2026-12-04",
        "return_on": "2026-12-08",
        "adults": 2,
        "budget": {"amount": "5000000", "currency": "VND"},
    },
    "offers_shown": 3,
}


def offer(number: int, airline: str, flight: str, times: str, duration: str, stops: str, total: str) -> dict[str, Any]:
    return {
        "number": number,
        "airline": airline,
        "flights": [flight],
        "airports": ["HAN–DAD"],
        "times": [times],
        "durations": [duration],
        "stops": [stops],
        "total": total,
    }


SEARCH = {
    "route": "Hà Nội → Đà Nẵng",
    "dates": ["thứ Sáu 04/12/2026"],
    "travellers": {"adults": 2, "children": 0, "infants": 0},
    "found": 3,
    "matching": 3,
    "offers": [
        offer(1, "Vietnam Airlines", "VN163", "08:00–09:25", "1 giờ 25 phút", "bay thẳng", "1.890.000\u00a0₫"),
        offer(2, "Vietjet Air", "VJ505", "14:30–15:55", "1 giờ 25 phút", "bay thẳng", "2.100.000\u00a0₫"),
        offer(3, "Bamboo Airways", "QH101", "21:15–23:55", "2 giờ 40 phút", "1 điểm dừng (Vinh)", "2.450.000\u00a0₫"),
    ],
}
BOOKING = {
    "booking_reference": "X7KQ2P",
    "travellers": ["NGUYEN/VAN AN"],
    "seats_and_bags": ["Chỗ ngồi 12A, khách số 1: miễn phí"],
    "change": "được, phí 350.000\u00a0₫",
}
EVIDENCE = collect_evidence(FACTS, [json.dumps(each, ensure_ascii=False) for each in (SEARCH, BOOKING)])
NOTHING = collect_evidence({"now": FACTS["now"]}, [])

LINES = Path(__file__).with_name("grounding.tsv").read_text(encoding="utf-8").splitlines()
CASES = [tuple(line.split("\t")) for line in LINES if not line.startswith("#")]
WRONG = [case for case in CASES if case[1] != "ok"]


def screened(
    text: str, pieces: list[str] | None = None, evidence: Evidence = EVIDENCE, language: Language = "vi"
) -> str:
    screen = Screen(evidence, language)
    return "".join(map(screen.feed, pieces if pieces is not None else [text])) + screen.finish()


@in_lots(CASES)
def test_a_sentence_is_shown_only_when_all_it_states_is_known(language: Language, wrong: str, sentence: str) -> None:
    kinds = {claim.kind for claim in find_ungrounded(sentence, EVIDENCE, language)}
    assert kinds == (set() if wrong == "ok" else set(wrong.split(",")))
    screen = Screen(EVIDENCE, language)
    shown = screen.feed(sentence) + screen.finish()
    assert shown == (sentence if wrong == "ok" else say("grounding.replaced_by_cards", language))
    assert screen.replaced == (wrong != "ok")


def test_cases_cover_every_kind_in_both_languages() -> None:
    assert len(CASES) >= 100
    assert len(WRONG) >= 50
    assert min(sum(case[0] == language for case in CASES) for language in ("vi", "en")) >= 50
    assert {kind for case in WRONG for kind in case[1].split(",")} == set(get_args(ClaimKind))


def test_a_screen_that_lets_everything_pass_fails_every_wrong_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grounding, "find_ungrounded", lambda *_: [])
    let_through = [sentence for _, _, sentence in WRONG if screened(sentence) == sentence]
    assert len(let_through) == len(WRONG)


@in_lots(WRONG)
def test_without_results_nothing_that_needs_them_is_known(language: Language, wrong: str, sentence: str) -> None:
    assert set(wrong.split(",")) <= {claim.kind for claim in find_ungrounded(sentence, NOTHING, language)}


PARAGRAPH = (
    "Mình tìm thấy **3 lựa chọn**. Rẻ nhất 1.890.000 ₫ lúc 8:00! Còn chuyến 1.500.000 ₫ nữa. Chuyến 900k cũng có.\n"
    "1. Vietnam Airlines (VN163), 08:00–09:25\n2. Hãng lạ, 1.111.000 đ\n- Vietjet Air: 2.100.000 ₫\n\n"
    "Bạn bay thứ Sáu 04/12/2026… hay thứ Bảy 05/12/2026? Đến lúc 9:25 a.m. nhé. Chúc bạn vui."
)
SHOWN = (
    "Mình tìm thấy **3 lựa chọn**. Rẻ nhất 1.890.000 ₫ lúc 8:00! {ours}\n"
    "1. Vietnam Airlines (VN163), 08:00–09:25\n{ours}\n- Vietjet Air: 2.100.000 ₫\n\n"
    "Bạn bay thứ Sáu 04/12/2026… {ours} Đến lúc 9:25 a.m. nhé. Chúc bạn vui."
)


def test_only_what_is_wrong_is_replaced_and_several_in_a_row_once() -> None:
    assert screened(PARAGRAPH) == SHOWN.format(ours=say("grounding.replaced_by_cards", "vi"))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_how_a_reply_is_cut_into_pieces_changes_nothing(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(PARAGRAPH)), max_size=30)))
    pieces = [PARAGRAPH[start:end] for start, end in zip([0, *cuts], [*cuts, len(PARAGRAPH)], strict=True)]
    assert screened(PARAGRAPH, pieces) == screened(PARAGRAPH)


def test_a_reply_cut_anywhere_or_into_characters_is_the_same() -> None:
    whole = screened(PARAGRAPH)
    assert screened(PARAGRAPH, list(PARAGRAPH)) == whole
    for at in range(len(PARAGRAPH)):
        assert screened(PARAGRAPH, [PARAGRAPH[:at], PARAGRAPH[at:]]) == whole


def test_a_sentence_is_shown_as_soon_as_it_has_ended_and_no_number_is_cut() -> None:
    screen = Screen(EVIDENCE, "vi")
    assert screen.feed("Chào bạn. Giá 1.") == "Chào bạn."
    assert screen.feed("890.") == ""
    assert screen.feed("000 ₫.") == ""
    assert screen.feed(" Bay lúc 8:") == " Giá 1.890.000 ₫."
    assert screen.feed("00, vui nhé.") == ""
    assert screen.finish() == " Bay lúc 8:00, vui nhé."
    assert screen.replaced == 0


@pytest.mark.parametrize(
    "text", ["Terminal at St. Louis is far.", "Bay Vietjet lúc 2:30 p.m. nhé.", "1. Vietnam Airlines"]
)
def test_abbreviations_and_numbers_of_lines_end_nothing(text: str) -> None:
    screen = Screen(EVIDENCE, "en")
    assert screen.feed(text) == ""
    assert screen.finish() == text


def test_without_cards_the_detail_is_not_confirmed() -> None:
    assert screened("Vé 900.000 đ.", evidence=NOTHING) == say("grounding.replaced", "vi")


@pytest.mark.parametrize("unit", ["9", "1.890.000 ", "một triệu ", "thứ sáu ", "VN1", "Nguyen/", "a. ", "\n", "*", "đ"])
def test_a_huge_reply_ends_soon_and_is_cut(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    shown = screened(text)
    assert len(shown) <= MAX_REPLY_CHARACTERS + 200
    assert screened(text, [text[at : at + 5_000] for at in range(0, len(text), 5_000)]) == shown


def test_a_sentence_too_long_to_check_is_not_shown_however_it_comes() -> None:
    text = "Chào bạn. " + "rất " * MAX_SENTENCE_CHARACTERS + "vui. Chúc bạn vui."
    text = text[: MAX_REPLY_CHARACTERS - 100]
    whole = screened(text)
    assert whole == f"Chào bạn.{say('grounding.replaced_by_cards', 'vi')} Chúc bạn vui."
    assert screened(text, [text[at : at + 7] for at in range(0, len(text), 7)]) == whole


def test_markup_and_other_ways_to_write_digits_hide_nothing() -> None:
    for said in ("**1.7**90.000 ₫", "１.７９０.０００ ₫", "1.790.000\u00a0₫", "₫1\u200b,790,000"):
        assert [claim.kind for claim in find_ungrounded(f"Giá {said}", EVIDENCE, "vi")] == ["price"], said


def test_a_price_a_failed_call_repeats_is_no_evidence() -> None:
    failed = json.dumps({"error": "x", "params": {}, "message": "Không tìm được vé 1.234.000 ₫ ngày 04/12/2026."})
    evidence = collect_evidence({"now": FACTS["now"]}, [failed])
    assert [each.kind for each in find_ungrounded("Vé 1.234.000 ₫ ngày 4/12.", evidence, "vi")] == ["price"]


def test_raw_values_and_plain_texts_are_evidence_too() -> None:
    card = {"total": {"amount": "75.50", "currency": "USD"}, "departs_at_local": "2026-12-20T08:05:00"}
    evidence = collect_evidence({"now": FACTS["now"]}, [json.dumps(card), "Changes are free for 24 hours."])
    assert not find_ungrounded("It is $75.50 on 20 December at 8:05 am, free for 24 hours.", evidence, "en")
    assert find_ungrounded("It is $75.60.", evidence, "en")


def test_replaced_sentences_are_counted_by_kind() -> None:
    before = SENTENCES_REPLACED.labels("flight")._value.get()
    screen = Screen(EVIDENCE, "en")
    screen.feed("Take VN999. Or VN998. ")
    assert screen.replaced == 2
    assert SENTENCES_REPLACED.labels("flight")._value.get() == before + 2


def test_mentions_stay_in_order_and_apart() -> None:
    for _, _, sentence in CASES:
        mentions = find_claims(sentence, "vi", EVIDENCE.today)
        assert all(first.end <= later.start for first, later in pairwise(mentions))
