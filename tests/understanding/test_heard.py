"""What an assistant asked, by its words alone."""

from __future__ import annotations

from datetime import date

import pytest

from tests.understanding.tables import in_lots
from understanding.heard import hear

TODAY = date(2026, 11, 20)


@in_lots(
    [
        ("Bạn muốn bay ngày nào ạ?", "depart_on"),
        ("Dạ, anh chị đi từ đâu ạ?", "origin"),
        ("Bạn muốn đi đâu?", "destination"),
        ("Bạn về ngày nào?", "return_on"),
        ("Có mấy hành khách vậy bạn?", "travellers"),
        ("Bạn ở lại mấy đêm?", "stay_nights"),
        ("Bạn khởi hành từ đâu và ngày nào?", "origin depart_on"),
        ("When would you like to leave?", "depart_on"),
        ("And when are you coming back?", "return_on"),
        ("Great choice! Where will you be flying from?", "origin"),
        ("Where are you headed?", "destination"),
        ("What city are you leaving from, and when?", "origin depart_on"),
        ("To London, great. Where are you starting from?", "origin"),
        ("How many of you are travelling?", "travellers"),
        ("How many nights will you stay?", "stay_nights"),
        ("When? Actually, how many people first?", "travellers"),
        ("Here are three flights.", ""),
        ("", ""),
    ]
)
def test_question_is_heard(said: str, asked: str) -> None:
    assert hear(said, TODAY).asked == set(asked.split())


@in_lots(
    [
        ("1. VN253 07:00 – 1.890.000đ\n2. VJ 09:30 – 1.200.000đ\n3. QH 12:00 – 1.500.000đ", 3),
        ("#1 Vietjet 08:35 #2 Bamboo 12:50", 2),
        ("1) Delta 6:15 AM, $342 2) American 9:40 AM, $318", 2),
        ("Option A: Scoot. Option B: Vietjet.", 2),
        ("Spirit at 7 AM for $89, United at 1 PM for $164, JetBlue at 6:40 PM for $142.", 3),
        ("There's United at 7:15 AM, Delta at 9:40 and American at noon.", 3),
        ("Có Vietjet 7h05 và Vietnam Airlines 9h30 ạ.", 2),
        ("American leaves at 9 am and lands at 11 am.", 1),
        ("Mình thấy 5 chuyến ngày 28/8.", 5),
        ("I found 12 flights.", 12),
        ("On 1. 12. we are closed", 0),
        ("Where to?", 0),
    ]
)
def test_offers_are_counted(said: str, offers: int) -> None:
    assert hear(said, TODAY).offers == offers


@in_lots(
    [
        ("Bạn muốn thử ngày 29/11 hay 1/12?", "depart_on", ("2026-11-29", "2026-12-01")),
        ("1) thứ Sáu 27/11 hay 2) thứ Sáu 4/12?", "depart_on", ("2026-11-27", "2026-12-04")),
        ("6 Dec and 14 Dec are cheapest. Which day would you like?", "depart_on", ("2026-12-06", "2026-12-14")),
        ("Would you come back on 3 December or 5 December?", "return_on", ("2026-12-03", "2026-12-05")),
        ("Heathrow, Gatwick or Luton?", "destination", ("LHR", "LGW", "LTN")),
        ("Leaving from Narita or Haneda?", "origin", ("NRT", "HND")),
    ]
)
def test_choice_is_heard(said: str, field: str, readings: tuple[str, ...]) -> None:
    choice = hear(said, TODAY).choice
    assert choice is not None
    assert (choice.field, choice.readings) == (field, readings)


@pytest.mark.parametrize("said", ["From 20/12 to 28/12: Vietjet 3.120.000đ.", "To Hue, which day?", "Friday 4/12?"])
def test_statement_offers_no_choice(said: str) -> None:
    assert hear(said, TODAY).choice is None
