"""Where a word that could be a date is one: not in a name, a rank, a choice, a greeting or another word's place."""

from __future__ import annotations

from understanding.date_slots import MOST_LISTED
from understanding.date_words import AFTER_ORDINAL_DAY
from understanding.grammar import Match, Vocabulary
from understanding.people import is_titled
from understanding.text import Text

_ORDINAL_NOUNS = {
    *("cai", "chuyen", "so", "chiec", "an", "chon", "hang", "nguoi", "lan", "option", "number", "no", "flight", "ga"),
    *("terminal", "phuong"),
}
_NAMES = {"mai", "hai", "ba", "tu", "nam", "sau", "bay", "april", "june", "august", "may"}
_UNMARKED_NUMBERS = {"bay", "tu", "sau", "nam", "mot"}
"""Before a date these are "fly", "from", "after", "year" and "one", not 7, 4, 6, 5 and 1."""
_NOT_OF_TRAVEL = {
    *("sinh", "born", "dob", "birth", "birthdate", "expires", "expire", "expiring", "expired", "issued"),
    *("expiration", "expiry"),
}
_NOT_OF_TRAVEL_PHRASES = Vocabulary(
    [
        (phrase, True)
        for phrase in ("hết hạn", "ngày cấp", "cấp ngày", "valid until", "birthday is", "birthday was", "birthday :")
    ]
)
_REACH_OF_BIRTH = 4
_ENGLISH_WORDS = {"sun", "sat", "mon", "mar", "jan", "dec"}
"""Abbreviations that are other words too, or parts of Vietnamese ones."""
_BEFORE_ABBREVIATION = {
    *(
        "on",
        "next",
        "nxt",
        "week",
        "wk",
        "bk",
        "this",
        "from",
        "to",
        "till",
        "until",
        "by",
        "back",
        "return",
        "or",
        "and",
        "in",
        "coming",
        "for",
    ),
    *(
        "around",
        "after",
        "before",
        "returning",
        "leaving",
        "through",
        "thru",
        "of",
        "early",
        "late",
        "mid",
        "departing",
    ),
}
_BEHIND_ABBREVIATION = {
    *("morning", "afternoon", "evening", "night", "at", "around", "after", "before", "or", "and", "to", "thru"),
    *("through", "until", "till", "returning", "leaving", "pls", "please", "am", "pm", "early", "late", "back"),
}
_CHOICE_NOUNS = {"one", "option", "flight", "offer", "choice", "result", "cheapest", "ticket"}
_CHOOSING = {"cheapest", "cheaper", "fastest", "option", "pick", "choose", "take", "prefer", "select"}
_BEFORE_ORDINAL_DAY = {
    *("returning", "return", "back", "leaving", "departing", "depart", "leave", "out", "on", "from", "by", "until"),
    *("till", "around", "about", "home"),
}
_CELEBRATING = {"an", "don", "choi"}
"""Before "tết" they say what the trip is for: whoever goes home for it leaves before."""
_OWNERS = {"my", "his", "her", "our", "their", "your"}
_MOVING = {"push", "move", "shift", "set", "bump", "kick", "put", "pull", "bring", "moved", "pushed"}
_MOVING_REACH = 5
_CLOSING_DAY = {"nhe", "nha", "nhen", "nghen", "a", "thoi", "luon"}
_HOLIDAY_WORDS = {"long", "raya", "holiday", "day", "festival", "other"}
_RANKED = {"cheapest", "best", "fastest", "shortest", "quickest", "earliest", "latest"}
_PARTS_OF_DAY = {"sang", "trua", "chieu", "toi", "dem"}
_CORRECTING = {
    *("sorry", "mean", "meant", "wait", "actually", "rather", "it's", "its", "no", "to", "or", "through", "make"),
}
_MORE_THAN_DAY = {
    "advance",
    "total",
    "row",
    "pregnant",
    "old",
    "along",
    "tuoi",
    "thai",
    "out",
    "ago",
    "notice",
    "before",
    "away",
    "ahead",
}
_BEFORE_OTHER_LENGTH = {"thai", "bau", "visa", "pregnant", "tuoi", "hon", "truoc", "within", "la"}
_SHORT_ANSWER_TOKENS = 5
_TALK = Vocabulary(
    [
        (phrase, True)
        for phrase in (
            *("how are you", "how are you doing", "how're you", "how are things", "how's it going", "how is it going"),
            *("how's everything", "how is everything", "how's everyone", "how are you all", "how are you feeling"),
            *("how do you do", "doing well", "doing okay", "help me out", "have a nice", "have a great", "have a good"),
            *("what day is", "what date is", "what is the date", "what's the date", "what's the day", "khỏe không"),
            *(
                "khoẻ ko",
                "bạn thế nào",
                "bạn khỏe",
                "em thế nào",
                "mọi người thế nào",
                "thế nào rồi",
                "thứ mấy",
                "ngày mấy",
                "ngày bao nhiêu",
                "ngày gì",
                "là ngày",
            ),
            *("call back", "call you back", "get back to you", "come back to you", "call again", "talk to you"),
            *("see you", "think about it", "sleep on it", "decide", "đặt sau", "tính sau", "tính tiếp", "gọi lại"),
            *("nhắn lại", "hỏi lại", "quay lại sau", "xem lại sau", "tính lại", "báo lại", "vào lại sau", "để mai"),
            *("hẹn", "suy nghĩ", "nghĩ thêm", "vào đặt", "mai tính", "mai đặt", "mai mua"),
        )
    ]
)
"""Said of the talk itself: "how are you doing today", "mai mình gọi lại"."""
_DAYS_OF_TALK = {"hom", "ngay", "today", "tonight", "tomorrow", "mai", "tmr", "this", "toi", "sang", "chieu", "bua"}
_HELPING = {"help", "assist", "doing", "going", "feeling"}
_BARE_FIGURE, _BARE_ORDINAL, _THE_ORDINAL = "{lone}", "{the_ord}", "the {the_ord}"
_MOVED = ("back ", "up ")
_BARE_LENGTHS = {"{figure} ngày", "{figure} tuần", "{n} weeks", "{n} weeks in|at", "{n} days in|at"}


def is_date_here(text: Text, match: Match) -> bool:
    """Whether a match of the date grammar stands where a date can stand."""
    first, pattern = text.tokens[match.start], match.rule.pattern
    before, after = text.word(match.start - 1), text.word(match.end)
    if first.word in _NAMES and is_titled(text, match.start):
        return False
    if match.end - match.start == 1:
        if first.word in _NAMES and _is_person(text, match.start):
            return False
        if first.word in _ENGLISH_WORDS and not _is_abbreviated_here(text, match.start):
            return False
        if first.word in {"thang", "ngay"} and before.isdigit():
            return False
    if before in {"every", "each"} or (pattern.startswith("dịp? tết") and before in _CELEBRATING):
        return False
    if _is_day_after(text, match) or _is_of_other_holiday(text, match):
        return False
    if text.word(match.end) == "-" and text.word(match.end + 1) in _RANKED:
        return False  # "the second-cheapest"
    if before == "thu" and pattern.startswith("{n} tuần"):
        return False  # "thứ tám tuần sau": there is no such weekday
    if pattern == _BARE_FIGURE:
        return _is_in_there_and_back(text, match.start)
    if pattern == _BARE_ORDINAL and before not in _CORRECTING:
        is_free = not after or not after[0].isalnum() or after in AFTER_ORDINAL_DAY
        is_high = match.values[0] > MOST_LISTED and before not in _OWNERS
        return first.word[0].isdigit() and is_free and (before in _BEFORE_ORDINAL_DAY or is_high)
    if pattern.startswith(_MOVED):
        return any(text.word(index) in _MOVING for index in range(match.start - _MOVING_REACH, match.start))
    if pattern.startswith("{two_figures}") and before in _ORDINAL_NOUNS:
        return False
    if pattern == _THE_ORDINAL and match.values[0] <= MOST_LISTED and _is_in_list(text, match):
        return False
    if before == "make" and first.word == "that":
        return False  # "make that Wednesday"
    if pattern in _BARE_LENGTHS and not _is_stay(text, match):
        return False
    if _is_unmarked_number(text, match) or _has_plain_bay(text, match) or _is_of_something_else(text, match.start):
        return False
    if before in _ORDINAL_NOUNS and first.word in {"thu", "t2", "t3"} and not _is_day_flight(text, match):
        return False
    if first.word == "the" and after in _CHOICE_NOUNS:
        return False
    return not (pattern == "{day}" and first.word in _DAYS_OF_TALK and _is_talk(text, match))


def _is_day_after(text: Text, match: Match) -> bool:
    """ "Ngày sau" is the day after, not the sixth."""
    last = text.tokens[match.end - 1]
    return match.rule.pattern.startswith("ngày|hôm|bữa {d}") and last.word == "sau" and not last.marks


def _is_of_other_holiday(text: Text, match: Match) -> bool:
    """ "Hari Raya weekend", "the bank holiday Monday": of a holiday we do not know."""
    return match.rule.pattern in {"the? weekend", "{wd}"} and text.word(match.start - 1) in _HOLIDAY_WORDS


def _is_in_list(text: Text, match: Match) -> bool:
    """ "The first" alone: what was asked tells whether it is a day; "the cheapest, the second" is of offers."""
    if not text.tokens[match.end - 1].word.isalpha():
        return False
    if len(text.tokens) == match.end - match.start:
        return True
    is_after_preposition = text.word(match.start - 1) in _BEFORE_ORDINAL_DAY
    return not is_after_preposition and any(token.word in _CHOOSING for token in text.tokens)


def _is_abbreviated_here(text: Text, index: int) -> bool:
    """ "Sat" between marks of punctuation or words of dates, but not "sat in traffic"."""
    before, after = text.word(index - 1), text.word(index + 1)
    if before in _BEFORE_ABBREVIATION:
        return True
    is_open_before = text.tokens[index].is_capitalised and index > 0 and not text.written.isupper()
    if not is_open_before and before and before.isalpha():
        return False
    return not after or not after.isalpha() or after in _BEHIND_ABBREVIATION or is_open_before


def _is_in_there_and_back(text: Text, index: int) -> bool:
    """Either figure of "đi 20 về 25", or of "sáng 20 đi tối 22 về"."""
    before, after = text.word(index - 1), text.word(index + 1)
    if before in _PARTS_OF_DAY:
        is_begun = text.word(index - 2) in {"di", "bay"} and not after[:1].isalnum()
        return after in {"di", "bay", "ve"} or is_begun
    if after == "ve" and any(text.word(earlier) in {"di", "bay"} for earlier in range(index - 2)):
        return len(text.word(index)) == 2
    if before in {"di", "bay"} and after != "ve" and index > 1:
        is_closing = not after[:1].isalnum() or after in _CLOSING_DAY
        return len(text.word(index)) == 2 and text.word(index)[0] in "123" and is_closing
    is_back = before == "ve" and text.tokens[index - 1].marks in {"", "\u0300\u0302"}
    if is_back and text.word(index - 2) in {",", ".", "va"}:
        return not after[:1].isalnum() or after in _CLOSING_DAY
    if before in {"di", "bay"}:
        return after == "ve" and (text.word(index + 2).isdigit() or text.word(index + 2) in {"ngay", "mung", "hom"})
    return before == "ve" and text.word(index - 2).isdigit()


def _is_stay(text: Text, match: Match) -> bool:
    """A number of days or weeks without a word for staying: not of a pregnancy, an age or a term."""
    before, after = text.word(match.start - 1), text.word(match.end)
    if before in _BEFORE_OTHER_LENGTH or after in _MORE_THAN_DAY:
        return False
    return match.rule.pattern != "{n} weeks" or len(text.tokens) <= _SHORT_ANSWER_TOKENS


def _is_unmarked_number(text: Text, match: Match) -> bool:
    """ "Bay tháng 5" is a flight in May, but "sau hom nua" can only be "sáu hôm nữa"."""
    first = text.tokens[match.start]
    is_number = match.rule.pattern.startswith(("{n}", "{d}", "ngày? {"))
    return is_number and first.word in _UNMARKED_NUMBERS and not first.marks and text.word(match.end - 1) not in {"nua"}


def _has_plain_bay(text: Text, match: Match) -> bool:
    """ "Ngay bay" is the day of the flight, not the 7th, unless a month in words follows."""
    return any(
        text.word(index) == "ngay"
        and text.word(index + 1) == "bay"
        and not text.tokens[index + 1].marks
        and not (text.word(index + 2) == "thang" and text.word(index + 3).isalpha())
        for index in range(match.start, match.end)
    )


def _is_of_something_else(text: Text, start: int) -> bool:
    """The day of a birth, or on which a document ends."""
    nearest = range(start - 1, max(start - 1 - _REACH_OF_BIRTH, -1), -1)
    for index in nearest:
        word = text.word(index)
        if word in _NOT_OF_TRAVEL or _NOT_OF_TRAVEL_PHRASES.read(text, index):
            return True
        if not word[0].isalnum() and word not in {":", "("}:
            return False
    return False


TALK_REACH = 12
"""Words on either side within which the day of a phrase of talk is looked for."""


def _is_talk(text: Text, match: Match) -> bool:
    """A day of the talk itself: a phrase of it stands in the same sentence."""
    if text.word(match.start - 1) in _HELPING or text.word(match.start - 2) in _HELPING:
        return True
    start = match.start
    while start > match.start - TALK_REACH and text.word(start - 1) not in {"", ".", "!", "?"}:
        start -= 1
    end = match.end
    while end < match.end + TALK_REACH and text.word(end) not in {"", ".", "!", "?"}:
        end += 1
    return any(_TALK.read(text, index) for index in range(start, end))


def _is_person(text: Text, index: int) -> bool:
    token = text.tokens[index]
    if is_titled(text, index):
        return True
    neighbours = [text.tokens[i] for i in (index - 1, index + 1) if 0 <= i < len(text.tokens)]
    is_shouted = text.written.isupper()
    return token.is_capitalised and not is_shouted and any(other.is_capitalised for other in neighbours)


def _is_day_flight(text: Text, match: Match) -> bool:
    """ "Chuyến thứ sáu tuần sau" is a day, "chuyến thứ hai" the second one; six options are rarely counted."""
    return match.end - match.start > 2 or (text.word(match.start - 1) == "chuyen" and match.values[0] > 2)
