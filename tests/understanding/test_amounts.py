from __future__ import annotations

from tests.understanding.tables import in_lots, without_marks
from understanding.amounts import find_amounts
from understanding.text import read_text

CASES = [
    ("2tr5", "2500000", "VND"),
    ("1tr250", "1250000", "VND"),
    ("2 triệu 3", "2300000", "VND"),
    ("2 triệu 3 cho 2 người", "2300000", "VND"),
    ("2 triệu 3 người", "2000000", "VND"),
    ("500k", "500000", "VND"),
    ("500 nghìn", "500000", "VND"),
    ("500 ngàn", "500000", "VND"),
    ("năm trăm ngàn", "500000", "VND"),
    ("3tr", "3000000", "VND"),
    ("3 củ", "3000000", "VND"),
    ("3m", "3000000", "VND"),
    ("1,5 triệu", "1500000", "VND"),
    ("1.5 triệu", "1500000", "VND"),
    ("một triệu rưỡi", "1500000", "VND"),
    ("2 triệu rưỡi", "2500000", "VND"),
    ("hai triệu ba trăm nghìn", "2300000", "VND"),
    ("nửa triệu", "500000", "VND"),
    ("trăm rưỡi nghìn", "150000", "VND"),
    ("2 lít", "200000", "VND"),
    ("1.890.000", "1890000", "VND"),
    ("1,890,000", "1890000", "VND"),
    ("1 890 000đ", "1890000", "VND"),
    ("1890000", "1890000", "VND"),
    ("$300", "300.00", "USD"),
    ("200 đô", "200.00", "USD"),
    ("200 usd", "200.00", "USD"),
    ("150 euro", "150.00", "EUR"),
    ("từ 1 đến 2 triệu", "2000000", "VND"),
]


@in_lots(CASES)
def test_amount_is_read_with_and_without_diacritics(phrase: str, amount: str, currency: str) -> None:
    for spelling in (phrase, without_marks(phrase), phrase.upper()):
        (found,) = find_amounts(read_text(spelling))
        assert (str(found.money.amount), found.money.currency) == (amount, currency), spelling


@in_lots(
    [
        ("dưới 2tr", "at_most"),
        ("không quá 5tr/người", "at_most"),
        ("under $200", "at_most"),
        ("tầm 3 triệu", "about"),
        ("trên 3 triệu", "at_least"),
        ("3 triệu trở xuống", "at_most"),
        ("3 triệu", None),
    ]
)
def test_words_beside_an_amount_bound_it(phrase: str, bound: str | None) -> None:
    assert find_amounts(read_text(phrase))[0].bound == bound


def test_bare_small_figure_is_a_guess_in_thousands() -> None:
    (found,) = find_amounts(read_text("vé dưới 500"))
    assert (found.money.amount_minor, found.is_certain) == (500_000, False)


@in_lots(["20/12", "lúc 7h30", "2 người", "chuyến VN123", "ngày 9", "dưới 5 tuổi", "500", "t6", "0912345678"])
def test_other_figures_are_no_money(phrase: str) -> None:
    assert find_amounts(read_text(phrase)) == []
