"""A day in the place of one said before, or beside it."""

from __future__ import annotations

import pytest

from tests.understanding.tables import NOW, in_lots
from understanding.batch import follow


@in_lots(
    [
        (("hn-bkk 24/12", "về 31"), "2026-12-24", "2026-12-31"),
        (("hn-bkk 24/12", "khứ hồi nha, về 31"), "2026-12-24", "2026-12-31"),
        (("hn-bkk 24/12", "về 5"), "2026-12-24", "2027-01-05"),
        (("vé đi Huế thứ 7 tuần sau từ Hà Nội", "khoan, đổi thành chủ nhật"), "2026-12-06", None),
        (("boston to denver december 17", "what about friday?"), "2026-12-18", None),
        (("london to milan on the 5th of december", "no, january"), "2027-01-05", None),
        (("london to milan on the 5th of december", "no, january", "and back on the 9th"), "2027-01-05", "2027-01-09"),
        (("hà nội đi huế cuối tháng 3", "28"), "2027-03-28", None),
        (("london to bangkok in february", "the 14th"), "2027-02-14", None),
        (("london to bangkok in february", "the 31st"), None, None),
    ]
)
def test_day_is_understood_from_the_one_before(said: tuple[str, ...], day: str | None, back: str | None) -> None:
    frame = follow(NOW, [("user", each) for each in said])[-1].frame
    assert [each.isoformat() if each else None for each in (frame.depart_on, frame.return_on)] == [day, back]


@pytest.mark.parametrize("said", ["5h30 sớm quá", "5:30 is way too early", "5h30 thì sớm quá"])
def test_time_that_does_not_suit_is_no_wish(said: str) -> None:
    frame = follow(NOW, [("user", "hn sg mai"), ("user", said)])[-1].frame
    assert (frame.depart_time, str(frame.depart_on)) == (None, "2026-11-26")


def test_day_of_the_way_back_is_no_choice_of_an_offer() -> None:
    offers = "1. VJ 5:30 2. VN 7:00 3. QH 9:00 4. VN 10:00 5. VJ 12:00"
    turns = [("user", "boston to denver 27 november"), ("assistant", offers), ("user", "and return on the 5th")]
    assert str(follow(NOW, turns)[-1].frame.return_on) == "2026-12-05"


def test_answer_around_tet_may_be_of_the_lunar_month() -> None:
    turns = [("user", "Tết này từ sài gòn ra vinh"), ("assistant", "Ngày nào ạ?"), ("user", "27")]
    assert [doubt.readings for doubt in follow(NOW, turns)[-1].frame.ambiguous] == [("2027-02-03", "2026-11-27")]


def test_no_way_back_answers_when() -> None:
    turns = [("user", "hn sg 5/12"), ("assistant", "Bạn về ngày nào?"), ("user", "không về")]
    assert follow(NOW, turns)[-1].frame.trip == "one_way"


def test_far_weekday_is_asked_about() -> None:
    frame = follow(NOW, [("user", "hn sg 12/12"), ("user", "đổi qua thứ 2")])[-1].frame
    assert [doubt.readings for doubt in frame.ambiguous] == [("2026-12-07", "2026-12-14")]
