from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.understanding.tables import NOW, in_lots, notation, read_table, typed, without_marks
from understanding import people
from understanding.dates import find_dates, resolve_date
from understanding.frame import Ambiguity, DateRange, Frame, Problem
from understanding.read import read_message
from understanding.text import read_text

CASES = read_table("dates.tsv")


@in_lots(CASES)
def test_date_phrase_means_its_day_however_it_is_typed(phrase: str, meaning: str) -> None:
    for spelling in typed(phrase):
        assert notation(resolve_date(spelling, now=NOW)) == meaning, spelling


@in_lots(CASES)
def test_date_phrase_without_diacritics_means_the_same(phrase: str, meaning: str) -> None:
    assert notation(resolve_date(without_marks(phrase), now=NOW)) == meaning


@in_lots([case for case in CASES if case[0] != "xyz"])
def test_date_phrase_is_found_inside_a_sentence(phrase: str, meaning: str) -> None:
    text = read_text(f"cho mình vé đi Huế {phrase} nhé")
    (mention,) = find_dates(text)
    assert notation(resolve_date(mention.phrase, now=NOW)) == meaning


@pytest.mark.parametrize(
    ("phrase", "meaning"), [("mốt", "2026-11-27"), ("ngày kìa", "2026-11-28"), ("ngày kia", "2026-11-27")]
)
def test_diacritics_decide_where_words_differ_by_them_alone(phrase: str, meaning: str) -> None:
    assert notation(resolve_date(phrase, now=NOW)) == meaning


def test_figures_are_day_first_in_vietnamese_and_ambiguous_in_english() -> None:
    assert notation(resolve_date("03/06", now=NOW)) == "2027-06-03"
    assert notation(resolve_date("03/06", now=NOW, language="en")) == "2027-06-03|2027-03-06"
    assert notation(resolve_date("20/12", now=NOW, language="en")) == "2026-12-20"
    assert notation(resolve_date("05/05", now=NOW, language="en")) == "2027-05-05"


@in_lots(
    [
        ("chủ nhật", "2026-12-06"),
        ("thứ sáu", "2026-12-11"),
        ("5 hôm nữa", "2026-12-09"),
        ("hôm sau", "2026-12-05"),
        ("the following Monday", "2026-12-07"),
        ("ngày 9", "2026-12-09"),
        ("3/1", "2027-01-03"),
        ("1/12", "2026-12-01"),
    ]
)
def test_return_is_counted_from_the_outbound_day(phrase: str, meaning: str) -> None:
    assert notation(resolve_date(phrase, now=NOW, base=date(2026, 12, 4))) == meaning


def test_next_weekday_is_ambiguous_exactly_when_its_readings_differ() -> None:
    for days in range(7):
        now = NOW + timedelta(days=days)
        coming = now.date() + timedelta(days=(4 - now.weekday() - 1) % 7 + 1)
        of_next_week = now.date() + timedelta(days=7 - now.weekday() + 4)
        meaning = resolve_date("next Friday", now=now)
        assert isinstance(meaning, Ambiguity) == (coming != of_next_week)


def test_weeks_begin_on_monday() -> None:
    sunday = datetime(2026, 11, 29, 12, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    assert resolve_date("thứ hai tuần sau", now=sunday) == date(2026, 11, 30)
    assert resolve_date("chủ nhật tuần này", now=sunday) == date(2026, 11, 29)


def test_bare_weekday_never_means_today() -> None:
    for days in range(14):
        now = NOW + timedelta(days=days)
        for phrase in ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật"):
            day = resolve_date(phrase, now=now)
            assert isinstance(day, date)
            assert 1 <= (day - now.date()).days <= 7


def test_nothing_in_the_past_or_beyond_sale_is_ever_resolved() -> None:
    phrases = [phrase for phrase, _ in CASES]
    for days in range(0, 366, 37):
        now = NOW + timedelta(days=days)
        today = now.date()
        for phrase in phrases:
            meaning = resolve_date(phrase, now=now)
            match meaning:
                case Problem():
                    continue
                case DateRange():
                    resolved = [meaning.first, meaning.last]
                case Ambiguity():
                    resolved = [date.fromisoformat(reading) for reading in meaning.readings]
                case _:
                    resolved = [meaning]
            assert all(today <= day <= today + timedelta(days=361) for day in resolved), (phrase, now)


def test_problem_tells_which_date_it_is_about() -> None:
    assert resolve_date("hôm qua", now=NOW) == Problem(
        field="depart_on", code="date_in_past", params={"date": "2026-11-24"}
    )
    assert resolve_date("31/4", now=NOW) == Problem(
        field="depart_on", code="impossible_date", params={"phrase": "31/4"}
    )


@in_lots(
    [
        "Chị Mai đi Huế",
        "vé cho Nguyễn Thị Mai",
        "anh Hai, chị Ba và chú Năm",
        "cho tôi cái thứ hai",
        "chuyến thứ hai",
        "mot ve di Hue",
        "bay ve Vinh",
        "sau nguoi lon",
        "anh Nam di Da Lat",
        "mai mốt rảnh thì đi",
        "I sat down in the sun",
        "you may march on",
        "the 2nd one",
        "giá 1.500.000đ",
        "gọi 0912-345-678",
        "nhà ga T2",
        "the third flight",
        "the first available flight",
        "chị Ba, anh Tư và em Sáu",
        "how are you doing today",
        "what day is it today",
        "hôm nay thứ mấy",
        "mai mình gọi lại",
        "my passport expires on december fifth",
        "born on may fifth",
        "mang thai 30 tuần",
        "Sat in traffic all morning",
        "we need 3 seats",
        "spring break",
        "3 chuyến tất cả",
    ]
)
def test_words_that_are_no_dates_are_left_alone(sentence: str) -> None:
    assert meaningful_dates(sentence) == []


def test_without_knowing_titles_a_name_would_be_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "TITLES", {})
    assert meaningful_dates("chị Mai đi huế") == ["Mai"]


@pytest.mark.parametrize(
    ("slip", "depart_on", "return_on"),
    [
        ("make that Monday", "2026-12-08", "2026-12-14"),
        ("à nhầm thứ 7", "2026-12-08", "2026-12-12"),
        ("sorry three days later", "2026-12-08", "2026-12-11"),
        ("sorry, tomorrow", "2026-11-26", "2026-12-13"),
        ("what about the tenth", "2026-12-10", "2026-12-13"),
    ],
)
def test_slip_is_of_the_day_said_last_unless_it_lies_before_the_way_out(
    slip: str, depart_on: str, return_on: str
) -> None:
    known = Frame(depart_on=date(2026, 12, 8), return_on=date(2026, 12, 13), trip="round_trip")
    frame = read_message(slip, frame=known, now=NOW).frame
    assert (str(frame.depart_on), str(frame.return_on)) == (depart_on, return_on)


def meaningful_dates(sentence: str) -> list[str]:
    """The phrases that say a day. "Mai mốt" is read, as "some day"."""
    mentions = find_dates(read_text(sentence))
    return [mention.phrase for mention in mentions if mention.match.rule.pattern != "mai mốt"]
