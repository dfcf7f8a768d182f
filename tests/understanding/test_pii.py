from __future__ import annotations

import unicodedata
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understanding.tables import in_lots
from understanding.pii import find_pii, redact


@in_lots(
    [
        ("hộ chiếu B1234567 nhé", "hộ chiếu [passport] nhé"),
        ("my passport number is C12345678", "my passport number is [passport]"),
        ("B1234567", "[passport]"),
        ("passport b1234567", "passport [passport]"),
        ("pp của vợ mình là b1234567", "pp của vợ mình là [passport]"),
        ("b1234567 là số hộ chiếu của tôi", "[passport] là số hộ chiếu của tôi"),
        ("thẻ 4111 1111 1111 1111 hạn 12/28", "thẻ [card] hạn 12/28"),
        ("4111-1111-1111-1111", "[card]"),
        ("4111.1111.1111.1111", "[card]"),
        ("4111/1111/1111/1111", "[card]"),
        ("4111 - 1111 - 1111 - 1111", "[card]"),
        ("4111\u00a01111\u202f1111\u00a01111", "[card]"),
        ("4111\n1111\n1111\n1111", "[card]"),
        ("411111 1111111111", "[card]"),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "[card]"),
        ("3782 822463 10005", "[card]"),
        ("2026 4111 1111 1111 1111 12/28", "2026 [card] 12/28"),
        ("gửi về an.nguyen@example.com.vn nhé", "gửi về [email] nhé"),
        ("gọi 0912 345 678", "gọi [phone]"),
        ("+84 912 345 678", "[phone]"),
        ("84912345678", "[phone]"),
        ("028 3829 5488", "[phone]"),
        ("+1 (415) 555-0132", "[phone]"),
        ("call (415) 555-0132", "call [phone]"),
        ("415-555-0132", "[phone]"),
        ("415.555.0132", "[phone]"),
        ("1 415 555 0132", "[phone]"),
        ("(028) 3829 5488", "[phone]"),
        ("84 912 345 678", "[phone]"),
        ("0912345678/0987654321", "[phone]/[phone]"),
        ("cccd 001099012345", "cccd [id]"),
        ("căn cước công dân số 001099012345", "căn cước công dân số [id]"),
        ("001099012345", "[id]"),
        ("001 099 012 345", "[id]"),
        ("sinh ngày 14/02/1990", "sinh ngày [date of birth]"),
        ("sinh ngày 14 tháng 2 năm 1990", "sinh ngày [date of birth]"),
        ("sinh năm 1990 ngày 2/3", "sinh [date of birth]"),
        ("sinh năm 1990, ngày 2 tháng 3", "sinh [date of birth]"),
        ("sinh ngày 2/3 năm 1990", "sinh ngày [date of birth]"),
        ("born on 14 Feb 1990", "born on [date of birth]"),
        ("DOB: 1990-02-14", "DOB: [date of birth]"),
        ("passport number is A 1 2 3 4 5 6 7 8", "passport number is [passport]"),
        ("my passport number is a one two three four five six seven eight", "my passport number is [passport]"),
        ("my number is 555 123 4567", "my number is [phone]"),
        ("call me at 555-1234", "call me at [phone]"),
        ("4155550132", "[phone]"),
        ("my cell is four one five five five five zero one three two", "my cell is [phone]"),
        ("sđt 09 12 34 56 78", "sđt [phone]"),
        ("sđt không chín một hai ba bốn năm sáu bảy tám", "sđt [phone]"),
        ("0084912345678", "[phone]"),
        ("born on the 3rd of march 1988", "born on the [date of birth]"),
        ("my date of birth is the third of march nineteen eighty eight", "my date of birth is the [date of birth]"),
        ("ngày tháng năm sinh: 03/04/1988", "ngày tháng năm sinh: [date of birth]"),
        ("mình sinh 3-4-88", "mình sinh [date of birth]"),
        ("sinh ngày ba tháng tư năm 1988", "sinh ngày [date of birth]"),
        ("dob 04jul1988", "dob [date of birth]"),
        ("ssn 123-45-6789", "ssn [id]"),
        ("driver's license D1234567", "driver's license [id]"),
        ("số căn cước của em là 079099012345", "số căn cước của em là [id]"),
        ("john dot doe at gmail dot com", "[email]"),
        ("john.doe (at) gmail.com", "[email]"),
        ("an.nguyen at yahoo.com", "[email]"),
        ("cvv 123", "cvv [card]"),
        ("P<VNMNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<<<<<<<<<<", "[passport]"),
    ]
)
def test_personal_data_becomes_its_kind(message: str, redacted: str) -> None:
    assert redact(message) == redacted
    decomposed = unicodedata.normalize("NFD", message)
    assert redact(decomposed) == unicodedata.normalize("NFD", redacted)


@in_lots(
    [
        "giá 1.890.000 đ",
        "vé 2.500.000 - 3.000.000",
        "dưới 2000000 vnd",
        "1 890 000₫ cho 2 người",
        "VN123 và QH1234 ngày 20/12/2026, mã ABC123",
        "từ 20/12/2026 đến 25/12/2026",
        "bay 14/02/2027 lúc 07:30",
        "2026-12-20",
        "4111 1111 1111 1112",
        "chuyến số 2",
        "2.782.000",
        "415.555.000 đ",
        "84.200.000 100.000",
        "71 052 000 2028",
        "VN4644 74673000 09.08.2028",
        "84726000 8704000",
        "8450000 vnd",
        "1 000 000 000 đ",
        "01-02-2027 07:30",
        "01.02.2027 đến 05.02.2027",
        "học sinh 20/12/2026",
        "mã đặt chỗ b12345, chuyến vn1234",
        "b1234567",
        "hộ chiếu còn hạn, giá 2.782.000",
        "/trips/0912345678",
        "flying on my birthday, march 3 2027",
        "we fly on my birthday the fifth of december",
        "bay ngày sinh nhật 3/4/2027",
        "ticket number 738 1234567890",
        "hotline 1900 1234",
        "call me at 7 pm on 12/05/2027",
        "gọi 3 người",
        "one adult two kids three bags four days",
        "2 3 4 5 6 7",
        "hộ chiếu còn hạn 6 tháng, bay 20 12 2026",
        "meet me at denver.com",
        "VND 4155550000",
    ]
)
def test_travel_data_survives(message: str) -> None:
    assert redact(message) == message


@in_lots(
    [
        ("09\u200b12 345 \u2060678", "[phone]"),
        ("thẻ 4111\u200b1111\u00ad1111\u200d1111!", "thẻ [card]!"),
        ("4\u03361\u03361\u03361\u0336 1111 1111 1111", "[card]"),
        ("\uff14\uff11\uff11\uff11 1111 1111 1111", "[card]"),
        ("4111\u20131111\u20141111\u22121111", "[card]"),
        ("hộ\u200b chiếu C12\u200b34567", "hộ\u200b chiếu [passport]"),
    ]
)
def test_a_number_hidden_by_what_nobody_sees_is_found(message: str, redacted: str) -> None:
    assert redact(message) == redacted


@in_lots(
    [
        "ฉันต้องการบินไปกรุงเทพ",
        "मुझे दिल्ली जाना है, नमस्ते",
        "أريد السفر إلى هانوي مَعَكُم",
        "👨\u200d👩\u200d👧 ❤\ufe0f 🏴\U000e0067\U000e0062\U000e007f",
        unicodedata.normalize("NFD", "Đà Nẵng"),
        "Da\u00ad Nang\u200b",
    ]
)
def test_the_rest_of_a_text_comes_back_as_it_was_given(message: str) -> None:
    assert redact(message) == message
    assert redact(f"{message} 0912345678 {message}") == f"{message} [phone] {message}"


DATES = st.dates(date(2026, 1, 1), date(2028, 12, 31))
TRAVEL_FIGURES = st.one_of(
    st.builds(lambda day, form: day.strftime(form), DATES, st.sampled_from(["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"])),
    DATES.map(date.isoformat),
    st.integers(100, 99_999).map(lambda thousands: f"{thousands * 1000:,}".replace(",", ".")),
    st.integers(100, 99_999).map(lambda thousands: f"{thousands * 1000:,}"),
    st.integers(100, 99_999).map(lambda thousands: f"{thousands * 1000} vnd"),
    st.integers(1, 9999).map("VN{}".format),
    st.times().map(lambda at: f"{at:%H:%M}"),
)


@given(st.lists(TRAVEL_FIGURES, max_size=4), st.sampled_from([" ", " - ", ", ", " đến "]))
@settings(deadline=None, max_examples=300)
def test_no_row_of_dates_prices_and_flights_is_personal(figures: list[str], between: str) -> None:
    message = between.join(figures)
    assert redact(message) == message


def test_spans_point_at_the_data_alone() -> None:
    message = "an@example.com, 0912345678"
    assert [message[span.start : span.end] for span in find_pii(message)] == ["an@example.com", "0912345678"]


def test_a_card_must_have_its_check_digit() -> None:
    valid = [number for number in range(4111111111111110, 4111111111111120) if redact(str(number)) == "[card]"]
    assert valid == [4111111111111111]
