"""Travellers, times, filters, choices and language: the smaller readers, by table."""

from __future__ import annotations

import pytest

from tests.understanding.tables import NOW, in_lots, without_marks
from understanding.choices import find_choice
from understanding.dates import find_dates
from understanding.filters import find_filters
from understanding.frame import Frame
from understanding.language import find_language
from understanding.read import read_message
from understanding.reading import Choice
from understanding.text import read_text
from understanding.times import find_times
from understanding.travellers import find_travellers


@in_lots(
    [
        ("2 người lớn", [("adults", 2)]),
        ("hai người lớn và một trẻ em", [("adults", 2), ("children", 1)]),
        ("2 nl 1 te 1 eb", [("adults", 2), ("children", 1), ("infants", 1)]),
        ("2 lớn 1 nhỏ", [("adults", 2), ("children", 1)]),
        ("4 người", [("total", 4)]),
        ("family of 4", [("total", 4)]),
        ("two adults and a child", [("adults", 2), ("children", 1)]),
        ("an infant", [("infants", 1)]),
        ("bé 18 tháng", [("infants", 1)]),
        ("cháu 5 tuổi", [("children", 1)]),
        ("bé 13 tuổi", [("adults", 1)]),
        ("a 5 year old", [("children", 1)]),
        ("a 5-year-old", [("children", 1)]),
        ("2 adults and 1 child (5 years old)", [("adults", 2), ("children", 1)]),
        ("1 child, 1 year old", [("infants", 1)]),
        ("2 children aged 5", [("children", 2)]),
        ("1 trẻ em (5 tuổi)", [("children", 1)]),
        ("vợ chồng tôi và con gái", [("adults", 2), ("minor", 1)]),
        ("mẹ con mình", [("adults", 1), ("some", 1)]),
        ("4th", []),
        ("đi một mình", [("total", 1)]),
        ("make it two people", [("total", 2)]),
        ("make it 3 adults", [("adults", 3)]),
    ]
)
def test_travellers_are_counted_by_kind(phrase: str, expected: list[tuple[str, int]]) -> None:
    for spelling in (phrase, without_marks(phrase), phrase.upper()):
        found = find_travellers(read_text(spelling))
        assert [count for mention in found for count in mention.counts] == expected, spelling


@in_lots(["thứ 3", "20/12", "cái thứ hai", "2 triệu", "VN 123", "5 ngày 4 đêm", "the second one"])
def test_other_numbers_are_no_travellers(phrase: str) -> None:
    assert find_travellers(read_text(phrase)) == []


@in_lots(
    [
        ("buổi sáng thôi", "05:00", "11:59"),
        ("trưa mai", "11:00", "13:59"),
        ("tối thứ 6", "18:00", "23:59"),
        ("in the morning", "05:00", "11:59"),
        ("lúc 7h30", "06:30", "08:30"),
        ("19g", "18:00", "20:00"),
        ("7 rưỡi tối", "18:30", "20:30"),
        ("khoảng 7h tối", "18:00", "20:00"),
        ("3h chiều", "14:00", "16:00"),
        ("7pm", "18:00", "20:00"),
        ("trước 9h", "00:00", "09:00"),
        ("sau 18h", "18:00", "23:59"),
        ("after 6pm", "18:00", "23:59"),
        ("từ 8h đến 12h", "08:00", "12:00"),
        ("around noon", "11:00", "13:59"),
        ("before noon", "00:00", "12:00"),
        ("trước trưa", "00:00", "12:00"),
        ("mai trước trưa", "00:00", "12:00"),
        ("after noon", "12:00", "23:59"),
        ("sau trưa thứ 6", "12:00", "23:59"),
        ("not in the morning but in the evening", "18:00", "23:59"),
        ("seven pm", "18:00", "20:00"),
        ("around eight thirty am", "07:30", "09:30"),
        ("at nine thirty-five pm", "20:35", "22:35"),
        ("before nine a.m.", "00:00", "09:00"),
        ("after five o'clock pm", "17:00", "23:59"),
        ("half past six in the evening", "17:30", "19:30"),
        ("between two and five pm", "14:00", "17:00"),
        ("between 11 and 2 pm", "11:00", "14:00"),
        ("between 8 and 10 in the morning", "08:00", "10:00"),
        ("between noon and three pm", "12:00", "15:00"),
        ("friday morning around eight", "07:00", "09:00"),
        ("later than 12:00", "12:00", "23:59"),
        ("no later than 11am", "00:00", "11:00"),
        ("7.30pm", "18:30", "20:30"),
        ("730pm", "18:30", "20:30"),
        ("early in the morning", "04:00", "07:59"),
        ("crack of dawn", "04:00", "07:59"),
        ("late afternoon", "12:00", "17:59"),
        ("after lunch", "12:00", "17:59"),
        ("red-eye", "21:00", "23:59"),
        ("sunday night", "18:00", "23:59"),
        ("Thursday arvo", "12:00", "17:59"),
        ("morning's good", "05:00", "11:59"),
        ("từ 2h đến 5h chiều", "14:00", "17:00"),
        ("tầm 7-9h tối", "19:00", "21:00"),
        ("bảy rưỡi tối", "18:30", "20:30"),
        ("tám giờ kém mười lăm sáng", "06:45", "08:45"),
        ("sáng mai sớm", "04:00", "07:59"),
        ("tờ mờ sáng", "04:00", "07:59"),
        ("2h đêm", "01:00", "03:00"),
        ("22h đêm", "21:00", "23:00"),
        ("bay chieu nhe", "12:00", "17:59"),
        ("không muộn hơn 8h tối", "00:00", "20:00"),
        ("không đi sáng mà đi buổi chiều", "12:00", "17:59"),
    ]
)
def test_time_of_day_becomes_a_window(phrase: str, first: str, last: str) -> None:
    text = read_text(phrase)
    (found,) = find_times(text, [(mention.start, mention.end) for mention in find_dates(text)])
    assert (f"{found.window.first:%H:%M}", f"{found.window.last:%H:%M}") == (first, last)


@in_lots(
    [
        *("vé một chiều", "cho tôi vé", "toi muon di Hue", "5 ngày 4 đêm", "12h đêm", "25h"),
        *("not in the morning", "I don't want to fly in the morning", "no night flights", "not before 9am"),
        *(
            "good evening",
            "good morning",
            "Morning, can you help me",
            "by midnight",
            "after five",
            "tối đa 2 điểm dừng",
        ),
        *("bay sang Uc", "doi sang 22/12", "five nights", "o do 5 dem", "chiều về", "six people", "eleven thirty"),
        *("không đi buổi sáng", "không bay đêm", "đừng bay sáng sớm", "tránh buổi tối"),
    ]
)
def test_words_that_are_no_time_of_day(phrase: str) -> None:
    text = read_text(phrase)
    assert find_times(text, [(mention.start, mention.end) for mention in find_dates(text)]) == []


@in_lots(
    [
        ("bay thẳng khứ hồi hạng thương gia", {"max_stops": 0, "trip": "round_trip", "cabin": "business"}),
        ("cheapest non-stop, one-way", {"sort": "price", "max_stops": 0, "trip": "one_way"}),
        ("only Vietnam Airlines", {"airlines": "VN"}),
        ("tối đa 1 điểm dừng", {"max_stops": 1}),
        ("không quá cảnh", {"max_stops": 0}),
        ("có hành lý ký gửi", {"checked_bag": True}),
        ("hand luggage only", {"checked_bag": False}),
        ("vé hoàn được", {"refundable": True}),
        ("linh động 2 ngày", {"flexible_days": 2}),
        ("±3 ngày", {"flexible_days": 3}),
        ("give or take a day", {"flexible_days": 1}),
        ("chuyến nhanh nhất", {"sort": "duration"}),
        ("premium economy", {"cabin": "premium_economy"}),
        ("non-stop Vietjet", {"max_stops": 0, "airlines": "VJ"}),
        ("không quá cảnh, Vietjet", {"max_stops": 0, "airlines": "VJ"}),
        ("không phải Vietjet mà là Vietnam Airlines", {"airlines": "VN"}),
        ("not Vietjet but Bamboo", {"airlines": "QH"}),
        ("không, Vietjet nhé", {"airlines": "VJ"}),
        ("chuyến khác của Vietjet", {"airlines": "VJ"}),
        ("dùng Vietjet", {"airlines": "VJ"}),
        ("make it one way", {"trip": "one_way"}),
        ("bỏ khứ hồi", {"trip": "one_way"}),
    ]
)
def test_filters_name_the_field_they_set(phrase: str, expected: dict[str, object]) -> None:
    for spelling in (phrase, phrase.upper()):
        assert {mention.field: mention.value for mention in find_filters(read_text(spelling))} == expected


@in_lots(
    [
        "không bay Vietjet",
        "khong bay Vietjet",
        "không muốn bay với hãng Vietjet",
        "đừng đặt Vietjet",
        "trừ Vietjet",
        "hãng khác Vietjet",
        "Vietjet thì không",
        "không đi Vietjet, Bamboo hoặc Scoot",
        "không bay Thai AirAsia",
        "not Vietjet",
        "not with VJ",
        "except Vietjet",
        "anything but Vietjet",
        "other than Vietjet",
        "avoid Vietjet and Bamboo",
        "I don’t want to fly with Vietjet",
        "never Vietjet",
    ]
)
def test_a_refused_airline_is_never_selected(phrase: str) -> None:
    flown = Frame(airlines=("VN",))
    for spelling in (phrase, phrase.upper()):
        reading = read_message(spelling, frame=flown, now=NOW)
        assert (reading.frame.airlines, reading.changed) == (("VN",), ()), spelling


def test_any_airline_but_one_lifts_the_filter_and_sets_none() -> None:
    reading = read_message("any airline except Vietjet", frame=Frame(airlines=("VN",)), now=NOW)
    assert reading.frame.airlines == ()


@in_lots(
    [
        ("cái thứ hai", Choice(position=2)),
        ("lấy cái thứ 2 nhé", Choice(position=2)),
        ("cái đầu", Choice(position=1)),
        ("cái đầu tiên", Choice(position=1)),
        ("cái cuối cùng", Choice(position=5)),
        ("chuyến bay số 3", Choice(position=3)),
        ("phương án 2", Choice(position=2)),
        ("the second one", Choice(position=2)),
        ("the last one", Choice(position=5)),
        ("option B", Choice(position=2)),
        ("#3", Choice(position=3)),
        ("2", Choice(position=2)),
        ("b", Choice(position=2)),
        ("số 9", Choice(position=9)),
        ("cái rẻ nhất", Choice(best_by="price")),
        ("the cheapest one", Choice(best_by="price")),
        ("chuyến sớm nhất", Choice(best_by="departure")),
        ("the fastest flight", Choice(best_by="duration")),
    ]
)
def test_choice_names_one_of_the_offers_shown(phrase: str, choice: Choice) -> None:
    for spelling in (phrase, without_marks(phrase), phrase.upper()):
        found = find_choice(read_text(spelling), 5)
        assert found is not None, spelling
        assert found.choice == choice, spelling
        assert find_choice(read_text(spelling), 0) is None


@pytest.mark.parametrize("phrase", ["rẻ hơn", "hai người", "xin chào", "", "thứ hai tuần sau"])
def test_other_words_choose_nothing(phrase: str) -> None:
    assert find_choice(read_text(phrase), 5) is None


@in_lots(
    [
        ("Tìm vé Hà Nội đi Đà Nẵng", "vi"),
        ("tim ve di da nang tuan sau", "vi"),
        ("cheapest nonstop from Saigon to Bangkok", "en"),
        ("book vé đi Tokyo next Friday cho 2 người", "vi"),
        ("under 1000 dong", "en"),
        ("SGN HAN 20/12", None),
        ("VN123", None),
        ("2", None),
        ("👍", None),
        ("", None),
    ]
)
def test_language_is_that_of_the_words(message: str, language: str | None) -> None:
    assert find_language(read_text(message)) == language
