"""Whatever is typed, nothing raises, and no length makes a reader hang."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understanding.tables import NOW
from understanding.dates import resolve_date
from understanding.frame import Frame, SlotName
from understanding.pii import find_pii, redact
from understanding.places import resolve_place
from understanding.read import read_message
from understanding.text import read_text

PHRASES = (
    "từ tu đến đi di về ve Hà Nội hn SGN Huế sài gòn to from and or not thứ thu sáu sau 6 tuần tới tết mùng rằm tháng "
    "chạp năm 2027 20/12 31/4 2tr5 500k $300 triệu rưỡi người lớn trẻ em bé khứ hồi cái hai next Friday the 14th 7h30 "
    "sáng tối nay mai hôm ngày đêm không phải ? , - . ± & 9999999999 0 00/00 12h [passport] "
    "thêm bớt 1 người 🙂 \u202e \u200b"
)
WORDS = PHRASES.split()
LONG = [
    "0" * 10_000,
    "1 " * 5_000,
    "1/" * 5_000,
    "1-1-1" * 2_000,
    "1.000." * 1_666,
    "thứ sáu tuần " * 800,
    "hai mươi " * 1_100,
    "Hà " * 3_300,
    "từ đến " * 1_400,
    "to A " * 2_000,
    "from x " * 1_400,
    "a@" * 5_000,
    "+1 " * 3_300,
    "hộ chiếu" + " số" * 3_000,
    "\u202e" * 10_000,
    "e\u0301" * 5_000,
    "🙂" * 10_000,
    "ß" * 10_000,
]

messages = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join),
    st.text(alphabet="\u202e\u200f\u0000\n\t\u0301\u0323đĐİ½②９Ａ'\u2019-/.[]", max_size=40),
)


@settings(max_examples=300, deadline=None)
@given(messages, st.frozensets(st.sampled_from(get_args(SlotName))), st.integers(0, 5))
def test_reading_never_raises_and_never_invents(message: str, asked: frozenset[SlotName], offers_shown: int) -> None:
    first = read_message(message, frame=Frame(), now=NOW, asked=asked, offers_shown=offers_shown)
    again = read_message(message, frame=first.frame, now=NOW, asked=asked, offers_shown=offers_shown)
    for frame in (first.frame, again.frame):
        assert frame == Frame.model_validate(frame.model_dump())
        assert frame.depart_on is None or frame.depart_on >= NOW.date()
        if frame.depart_on and frame.return_on:
            assert frame.return_on >= frame.depart_on
        if frame.origin and frame.destination:
            assert frame.origin.iata != frame.destination.iata


@settings(max_examples=150, deadline=None)
@given(messages)
def test_resolvers_never_raise(phrase: str) -> None:
    resolve_date(phrase, now=NOW)
    resolve_place(phrase, language="vi")


@settings(max_examples=150, deadline=None)
@given(messages)
def test_redacting_twice_changes_nothing_more(message: str) -> None:
    once = redact(message)
    assert find_pii(once) == []
    assert redact(once) == once


@settings(max_examples=150, deadline=None)
@given(messages)
def test_folding_keeps_every_offset(message: str) -> None:
    text = read_text(message)
    assert len(text.folded) == len(text.written)
    assert all(text.written[token.start : token.end] == token.written for token in text.tokens)
    assert all(text.folded[token.start : token.end] == token.word for token in text.tokens)


@pytest.mark.parametrize("message", LONG, ids=lambda message: repr(message[:8]))
def test_ten_thousand_characters_are_read(message: str) -> None:
    reading = read_message(message, frame=Frame(), now=NOW, asked=frozenset({"origin"}), offers_shown=3)
    assert not reading.frame.is_searchable
    assert len(redact(message)) <= 2 * len(message)
