from __future__ import annotations

import subprocess
import sys
import unicodedata
from collections.abc import Iterator

import pytest

from tests.understanding.conversations import CONVERSATIONS, DA_NANG, Turn, summary
from tests.understanding.tables import NOW, in_lots, read_table, without_marks
from understanding.frame import Frame, Language, PlaceRef
from understanding.read import read_language, read_message
from understanding.reading import Reading

SENTENCE = "Tìm vé Hà Nội đi Đà Nẵng thứ sáu tuần sau cho 2 người lớn"


@in_lots(
    [
        SENTENCE,
        unicodedata.normalize("NFD", SENTENCE),
        SENTENCE.upper(),
        without_marks(SENTENCE),
        without_marks(SENTENCE).upper(),
        f"  {SENTENCE.replace(' ', '   ')}  ",
    ]
)
def test_the_vietnamese_sentence_is_read_however_it_is_typed(message: str) -> None:
    reading = read_message(message, frame=Frame(), now=NOW)
    assert summary(reading.frame) == DA_NANG
    assert reading.language == "vi"
    assert reading.intent.name == "search"
    assert reading.intent.confidence >= 0.5
    assert set(reading.changed) == {"origin", "destination", "depart_on", "adults"}
    assert reading.frame.is_searchable
    assert reading.frame.origin == PlaceRef(iata="HAN", name="Hà Nội", kind="city")


@pytest.mark.parametrize("in_capitals", [False, True])
def test_the_english_sentence_is_read(in_capitals: bool) -> None:
    message = "cheapest nonstop from Saigon to Bangkok on 20 December, one way"
    reading = read_message(message.upper() if in_capitals else message, frame=Frame(), now=NOW)
    assert summary(reading.frame) == {
        "origin": "SGN",
        "destination": "BKK",
        "depart_on": "2026-12-20",
        "trip": "one_way",
        "max_stops": "0",
        "sort": "price",
    }
    assert reading.language == "en"
    assert reading.frame.origin == PlaceRef(iata="SGN", name="Ho Chi Minh City", kind="city")
    assert reading.frame.is_searchable


@in_lots(read_table("messages.tsv"))
def test_message_fills_the_frame(message: str, *filled: str) -> None:
    expected = dict(pair.split("=", 1) for pairs in filled for pair in pairs.split())
    reading = read_message(message, frame=Frame(), now=NOW)
    assert {field: value.replace(" ", "_") for field, value in summary(reading.frame).items()} == expected


def follow(turns: list[Turn]) -> Iterator[tuple[Turn, Frame, Reading]]:
    """Each turn with the frame before it and its reading."""
    frame, language = Frame(), None
    for turn in turns:
        reading = read_message(
            turn.said,
            frame=frame,
            now=NOW,
            previous_language=language,
            asked=turn.asked,
            offers_shown=turn.offers_shown,
        )
        yield turn, frame, reading
        frame, language = reading.frame, reading.language


@in_lots(CONVERSATIONS.values())
def test_conversation_keeps_what_holds_and_changes_what_is_said(turns: list[Turn]) -> None:
    for turn, before, reading in follow(turns):
        frame = reading.frame
        assert summary(frame) == turn.frame, turn.said
        assert set(reading.changed) == {
            name
            for name in Frame.model_fields
            if getattr(before, name) != getattr(frame, name) and name not in {"ambiguous", "problems"}
        }


@in_lots(CONVERSATIONS.values())
def test_intent_of_each_turn_is_clear(turns: list[Turn]) -> None:
    for turn, _, reading in follow(turns):
        assert (reading.intent.name, reading.intent.confidence >= 0.5) == (turn.intent, True), turn.said


@in_lots(
    [
        ("xin chào", "greeting", 0),
        ("hello", "greeting", 0),
        ("cảm ơn bạn", "thanks", 0),
        ("thank you very much", "thanks", 0),
        ("tạm biệt nhé", "goodbye", 0),
        ("đồng ý", "yes", 0),
        ("xác nhận ạ", "yes", 0),
        ("yes please", "yes", 0),
        ("không", "no", 0),
        ("không, cảm ơn", "no", 0),
        ("huỷ", "no", 0),
        ("help", "help", 0),
        ("bạn làm được gì", "help", 0),
        ("cho tôi gặp nhân viên", "human", 0),
        ("I want to speak to a real person", "human", 0),
        ("start over", "start_over", 0),
        ("đổi vé có mất phí không", "policy", 0),
        ("how much baggage is included?", "policy", 0),
        ("khách sạn ở Đà Nẵng", "out_of_scope", 0),
        ("tell me a joke", "small_talk", 0),
        ("tìm vé máy bay", "search", 0),
        ("lấy cái thứ hai", "select", 3),
        ("book the second one", "book", 3),
        ("cái rẻ nhất", "select", 3),
        ("chi tiết chuyến thứ 3", "details", 4),
        ("rẻ nhất", "select", 5),
    ]
)
def test_intent_is_recognised(message: str, intent: str, offers_shown: int) -> None:
    reading = read_message(message, frame=Frame(), now=NOW, offers_shown=offers_shown)
    assert (reading.intent.name, reading.intent.confidence >= 0.5) == (intent, True)


@pytest.mark.parametrize("message", ["ok nhưng đổi ghế", "ừ mà khoan", "có lẽ", "yes but cheaper", "đồng ý thì sao"])
def test_a_yes_with_more_in_it_is_no_yes(message: str) -> None:
    assert read_message(message, frame=Frame(), now=NOW).intent.name != "yes"


@pytest.mark.parametrize("message", ["ok", "dạ", "vâng ạ", "ừ", "được"])
def test_a_polite_word_is_less_than_a_yes(message: str) -> None:
    intent = read_message(message, frame=Frame(), now=NOW).intent
    assert intent.name == "yes"
    assert intent.confidence < 1


@pytest.mark.parametrize("message", ["👍", "SGN", "20/12", "2"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_message_without_words_keeps_the_language(message: str, language: Language) -> None:
    assert read_message(message, frame=Frame(), now=NOW, previous_language=language).language == language


@in_lots(
    [
        ("under 1000 dong", "en", "en"),
        ("di Da Nang", "en", "en"),
        ("direct", "vi", "en"),
        ("to Hanoi", "vi", "en"),
        ("có", "en", "vi"),
        ("cho toi ve re", "en", "vi"),
        ("any cheaper flights", "vi", "en"),
        ("Hanoi to Da Nang 03/12", None, "en"),
        ("Hà Nội", None, "vi"),
        ("Hà Nội", "en", "en"),
        ("SGN", None, None),
    ]
)
def test_one_unmarked_word_is_english_but_not_vietnamese(
    message: str, previous: Language | None, language: Language | None
) -> None:
    assert read_language(message, previous=previous) == language
    reading = read_message(message, frame=Frame(), now=NOW, previous_language=previous)
    assert reading.language == (language or "vi")


def test_redacted_words_are_not_the_travellers() -> None:
    reading = read_message("[passport] [phone]", frame=Frame(), now=NOW, previous_language="vi")
    assert (reading.language, reading.intent.confidence < 0.5) == ("vi", True)


def test_choice_of_an_offer_leaves_the_frame_alone() -> None:
    frame = read_message(SENTENCE, frame=Frame(), now=NOW).frame
    reading = read_message("cái rẻ nhất", frame=frame, now=NOW, offers_shown=5)
    assert reading.choice is not None
    assert reading.choice.best_by == "price"
    assert reading.frame == frame
    assert reading.changed == ()


def test_reading_a_known_route_loads_neither_the_airport_library_nor_a_language_one() -> None:
    program = (
        "import sys; from datetime import datetime, UTC; from understanding.read import read_message;"
        "from understanding.frame import Frame;"
        f"reading = read_message({SENTENCE!r}, frame=Frame(), now=datetime(2026, 11, 25, tzinfo=UTC));"
        "assert reading.frame.is_searchable;"
        "sys.exit(bool({'airportsdata', 'holidays', 'langchain'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(("message", "is_searchable"), [("HN SG mai dưới 500", True), ("HN SG 12/25", False)])
def test_only_a_doubtful_budget_leaves_a_search_possible(message: str, is_searchable: bool) -> None:
    frame = read_message(message, frame=Frame(), now=NOW).frame
    assert len(frame.ambiguous) == 1
    assert frame.is_searchable is is_searchable
