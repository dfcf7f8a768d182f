"""What the traveller wants: every intent in both languages, with and without marks, and what is not one."""

from __future__ import annotations

from datetime import date, time

import pytest

from tests.understanding.tables import NOW, in_lots, read_table, without_marks
from understanding.choices import find_choice
from understanding.frame import Frame, PlaceRef, TimeWindow
from understanding.intents import HINT, LIKELY
from understanding.phrases import find_phrase
from understanding.read import read_message
from understanding.reading import Choice, Reading
from understanding.text import read_text

TRIP_INTENTS = {"search", "refine", "correction"}
HANOI = PlaceRef(iata="HAN", name="Hà Nội", kind="city")
DANANG = PlaceRef(iata="DAD", name="Đà Nẵng", kind="city")
KNOWN = Frame(origin=HANOI, destination=DANANG, depart_on=date(2026, 12, 20), adults=2)


def at(clock: str, last: str | None = None) -> TimeWindow:
    return TimeWindow(first=time.fromisoformat(clock), last=time.fromisoformat(last or clock))


def read(message: str, frame: Frame = KNOWN, shown: int = 0) -> Reading:
    return read_message(message, frame=frame, now=NOW, offers_shown=shown)


@in_lots(read_table("intents.tsv"))
def test_intent_is_recognised_with_and_without_marks(message: str, intent: str) -> None:
    for spelling in (message, without_marks(message), message.upper()):
        reading = read(spelling, Frame())
        assert (reading.intent.public_name, reading.intent.confidence >= 0.5) == (intent, True), spelling
        assert intent in TRIP_INTENTS | {"start_over"} or not reading.changed, spelling


@in_lots(read_table("intents.tsv"))
def test_what_is_not_about_the_trip_leaves_it_alone(message: str, intent: str) -> None:
    if intent not in TRIP_INTENTS | {"start_over"}:
        assert read(message).frame == KNOWN


@in_lots(
    [
        *("à không, 22/12 cơ", "nhầm rồi, 22/12 mới đúng", "sorry, the 22nd", "no wait, 22 December", "oops 22 dec"),
        *("no, I mean the 22nd",),
        *("à nhầm, đi Huế", "I meant to Hue", "actually 3 people", "3 người chứ không phải 2", "ý mình là 3 người"),
        *("ngược rồi, Đà Nẵng ra Hà Nội", "no, from Saigon", "khoan, đi từ Sài Gòn", "đổi lại 3 người"),
    ]
)
def test_taking_back_what_was_said_is_a_correction(message: str) -> None:
    reading = read(message)
    assert reading.intent.name == "correction"
    assert reading.frame != KNOWN


@in_lots(
    [
        ("what about the 22nd of December", KNOWN, "refine"),
        ("bay thẳng thôi", KNOWN, "refine"),
        ("Hà Nội", Frame(destination=DANANG), "search"),
        ("2 người", Frame(origin=HANOI), "search"),
        ("now show me Saigon to Bangkok on 22 December", KNOWN, "search"),
        ("sorry, I need a flight to Hue", Frame(), "search"),
        ("the 5th of December, actually no, the 6th", Frame(origin=HANOI, destination=DANANG), "search"),
    ]
)
def test_saying_more_or_something_new_is_no_correction(message: str, frame: Frame, intent: str) -> None:
    assert read(message, frame).intent.name == intent


@in_lots(
    [
        *(
            "yes but cheaper",
            "yeah no",
            "sure, what about bags?",
            "ok?",
            "đúng không?",
            "ừ mà khoan",
            "ok nhưng đổi ghế",
        ),
        *(
            "dung",
            "maybe",
            "chắc là được",
            "để xem đã",
            "let me think",
            "có lẽ",
            "yes if it is nonstop",
            "dạ để em hỏi đã",
        ),
        *("ok wait", "được không", "có vé không", "okay but not now", "vâng nhưng mà", "sure?"),
        *("đúng à", "đồng ý hả", "ok hả", "có đâu", "được đâu"),
    ]
)
def test_only_an_unreserved_yes_is_one(message: str) -> None:
    intent = read(message, shown=3).intent
    assert intent.name != "yes"


@pytest.mark.parametrize(("message", "is_no"), [("không đâu", True), ("không cần đâu", True), ("không à", False)])
def test_a_no_may_be_stressed_but_not_asked(message: str, is_no: bool) -> None:
    assert (read(message).intent.name == "no") is is_no


@pytest.mark.parametrize("message", ["I need a wheelchair, fly from Hanoi to Da Nang", "xe lăn, bay Hà Nội Đà Nẵng"])
def test_special_care_wished_with_a_trip_keeps_the_trip(message: str) -> None:
    reading = read(message, Frame())
    assert (reading.intent.name, reading.frame.missing) == ("search", ("depart_on",))


@in_lots(["maybe", "để xem đã", "let me think", "cho mình suy nghĩ", "hmm not sure", "idk"])
def test_hesitation_is_neither_yes_nor_no(message: str) -> None:
    intent = read(message, shown=3).intent
    assert (intent.name, intent.confidence) == ("small_talk", HINT)


@pytest.mark.parametrize(("message", "is_strict"), [("yes", True), ("đồng ý", True), ("ok", False), ("dạ vâng", False)])
def test_a_polite_word_is_weaker_than_a_yes(message: str, is_strict: bool) -> None:
    assert (read(message).intent.confidence > LIKELY) == is_strict


@in_lots(
    [
        ("chuyến 7h", Choice(departs=(at("07:00", "07:59"), at("19:00", "19:59")))),
        ("cái 9:20", Choice(departs=(at("09:20"), at("21:20")))),
        ("the 7 am one", Choice(departs=(at("07:00", "07:59"),))),
        ("take the 23:10 one", Choice(departs=(at("23:10"),))),
        ("the Vietjet one", Choice(airline="VJ")),
        ("chuyến của Vietjet", Choice(airline="VJ")),
        ("lấy chuyến VN", Choice(airline="VN")),
        ("I'll go with Vietjet", Choice(airline="VJ")),
        ("chuyến bay lúc 19 giờ của Vietjet", Choice(airline="VJ", departs=(at("19:00", "19:59"),))),
        ("chuyến đầu tiên lúc sáng", Choice(position=1, departs=(at("05:00", "11:59"),))),
        ("the cheapest Vietjet one", Choice(best_by="price", airline="VJ")),
        ("rẻ nhất", Choice(best_by="price")),
        ("cheapest", Choice(best_by="price")),
        ("no. 1", Choice(position=1)),
    ]
)
def test_offer_is_chosen_by_what_the_screen_says_of_it(message: str, choice: Choice) -> None:
    reading = read(message, shown=4)
    assert (reading.choice, reading.intent.name, reading.changed) == (choice, "select", ())


@in_lots(
    [
        *("only Vietjet", "chỉ Vietjet thôi", "có chuyến 7h không", "any Vietjet flights?", "what about Bamboo?"),
        *("bay buổi sáng thôi", "after 8 am", "cheapest first", "xếp rẻ nhất trước", "sáng thì sao", "trước 9h"),
    ]
)
def test_wish_for_such_flights_chooses_none(message: str) -> None:
    reading = read(message, shown=4)
    assert (reading.choice, reading.intent.name) == (None, "refine")


@in_lots(
    [
        ("book the second one", "book"),
        ("book it", "book"),
        ("đặt luôn", "book"),
        ("ok chốt chuyến 2, đặt giúp mình", "book"),
        ("I'll take that one", "select"),
        ("lấy chuyến đó", "select"),
        ("the other one", "select"),
        ("go with this one", "select"),
        ("does the first one have wifi?", "details"),
        ("chuyến 2 bay mất bao lâu", "details"),
        ("what about food?", "details"),
    ]
)
def test_what_is_wanted_of_an_offer(message: str, intent: str) -> None:
    reading = read(message, shown=4)
    assert (reading.intent.name, reading.changed) == (intent, ())


@pytest.mark.parametrize(
    "message", ["Option 3 please", "lấy cái thứ hai", "mình chọn phương án 2", "I'll take the last one"]
)
def test_choice_among_offers_nobody_told_us_of_is_still_one(message: str) -> None:
    reading = read(message, Frame())
    assert (reading.intent.name, reading.changed, reading.choice) == ("select", (), None)


def test_second_is_not_the_first() -> None:
    assert read("lấy thứ nhì", shown=3).choice == Choice(position=2)


def test_a_date_is_no_choice() -> None:
    assert read("Tuesday the 22nd of December", shown=4).choice is None
    assert find_choice(read_text("thứ hai tuần sau"), 4) is None


def test_every_kind_of_phrase_is_looked_up_in_one_reading() -> None:
    text = read_text("huỷ vé của mình giúp với")
    assert find_phrase(text, "cancel_wish")
    assert find_phrase(text, "my_booking")
    assert not find_phrase(text, "pay")
