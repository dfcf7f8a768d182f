"""What is told apart for tools of bookings, travellers, papers and likings; and what a message names of them."""

from __future__ import annotations

from datetime import date

import pytest

from tests.understanding.tables import NOW, in_lots, read_table, without_marks
from understanding.frame import Frame, PlaceRef
from understanding.read import read_language, read_message
from understanding.reading import Reading

KNOWN = Frame(
    origin=PlaceRef(iata="HAN", name="Hà Nội", kind="city"),
    destination=PlaceRef(iata="DAD", name="Đà Nẵng", kind="city"),
    depart_on=date(2026, 12, 20),
    adults=1,
)


def read(message: str, shown: str, frame: Frame = KNOWN) -> Reading:
    """After four offers ("o"), after three bookings ("b"), or after neither."""
    offers, bookings = (4 if shown == "o" else 0), (3 if shown == "b" else 0)
    return read_message(message, frame=frame, now=NOW, offers_shown=offers, bookings_shown=bookings)


@in_lots(read_table("finer_intents.tsv"))
def test_finer_intent_is_sure_and_leaves_the_search_alone(shown: str, message: str, intent: str) -> None:
    for spelling in (message, without_marks(message), message.upper()):
        reading = read(spelling, shown, KNOWN if shown == "o" else Frame())
        assert (reading.intent.name, reading.intent.confidence >= 0.5) == (intent, True), spelling
        assert not reading.changed, spelling


def _tell_wish(reading: Reading) -> str:
    if reading.wish is None:
        return "-"
    said = reading.wish.model_dump(exclude_defaults=True)
    if liking := reading.wish.preference:
        value = ",".join(liking.value) if isinstance(liking.value, tuple) else liking.value
        said["preference"] = f"{liking.kind}:{value}"
    return " ".join(f"{name}={','.join(v) if isinstance(v, tuple) else v}" for name, v in said.items())


@in_lots(read_table("booking_wishes.tsv"))
def test_what_is_named_of_bookings_is_read(shown: str, message: str, named: str) -> None:
    frame = KNOWN if shown == "o" else Frame()
    if shown == "d":
        reading = read_message(message, frame=KNOWN, now=NOW, asked=frozenset(("new_day",)))
        assert (reading.intent.name, reading.frame) == ("change", KNOWN)
    else:
        reading = read(message, shown, frame)
    assert _tell_wish(reading) == named
    assert Reading.model_validate(reading.model_dump(mode="json")) == reading


@in_lots(
    [
        *(("b", "đổi sang ngày 20/12"), ("b", "change the return flight to 22 December"), ("b", "move it to Friday")),
        *(("-", "move my flight to Friday"), ("-", "đổi vé XK3P9L sang thứ 6"), ("-", "dời vé vừa đặt sang 22/12")),
        *(
            ("o", "đổi ngày bay của vé vừa đặt sang 22/12"),
            ("o", "huỷ XK3P9L"),
            ("o", "book option 2 for my wife and me"),
        ),
        *(("o", "đặt vé số 2, thêm 1 kiện 23kg"), ("b", "cái thứ hai"), ("-", "change my booking to 3 January")),
    ]
)
def test_what_is_done_to_bookings_changes_no_search(shown: str, message: str) -> None:
    reading = read(message, shown)
    assert (reading.frame, reading.changed) == (KNOWN, ())


@pytest.mark.parametrize(
    ("shown", "message", "intent"),
    [
        ("o", "đổi sang ngày 22/12", "refine"),
        ("b", "tìm vé đi Huế ngày 22/12", "refine"),
        ("b", "bay Hà Nội Sài Gòn 22/12", "refine"),
        ("o", "add a passenger", "refine"),
        ("o", "thêm hành lý ký gửi", "refine"),
    ],
)
def test_a_search_is_still_changed(shown: str, message: str, intent: str) -> None:
    reading = read(message, shown)
    assert (reading.intent.name, reading.frame != KNOWN) == (intent, True)


@in_lots(["ok", "yes", "No!", "done", "👍", "2", "XK3P9L", "momo"])
def test_a_short_answer_stays_in_the_language_of_the_conversation(message: str) -> None:
    assert [read_language(message, previous=each) for each in ("vi", "en")] == ["vi", "en"]
    assert [read_message(message, frame=KNOWN, now=NOW, previous_language=each).language for each in ("vi", "en")] == [
        "vi",
        "en",
    ]
