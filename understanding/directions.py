"""Whether what is said of a day or a time is for the way out, for the way back, or of the arrival."""

from __future__ import annotations

from typing import Literal, Protocol

from understanding.text import Text

Direction = Literal["out", "back"]

_BACK = {
    *(
        "ve",
        "lai",
        "return",
        "returning",
        "returns",
        "back",
        "inbound",
        "until",
        "till",
        "til",
        "rtn",
        "ret",
        "comeback",
        "returned",
        "bk",
    ),
}
_BACK_ENGLISH = {"return", "returning", "returns", "back"}
_OUT = {
    *("di", "bay", "khoi", "leave", "leaving", "depart", "departing", "outbound", "fly", "flying", "out", "leaves"),
    *("going", "go", "travel", "traveling", "travelling", "departure", "departs", "head", "heading"),
}
_HOME_VERBS = {"flying", "fly", "coming", "come", "comes", "get", "getting", "be", "arrive", "arriving", "home"}
_TICKET_VERBS = {"tim", "dat", "mua", "book", "gia", "san", "xem", "kiem", "can", "lay", "co", "may", "cho", "con"}
_BETWEEN = {
    *("ngay", "vao", "on", "hom", "la", "luc", "thi", "sang", "trua", "chieu", "toi", "dem", "buoi", "the", "in"),
    *("at", "khoang", "around", "about", "tam", "date", "morning", "evening", "afternoon", ",", ":", "flight", "home"),
    *("chuyen", "khoi", "hanh", "uh", "um", "er", "like", "sometime", "anytime", "maybe", "probably", "either", "by"),
    *("early", "late", "night", "noon", "that", "is", "be", "would", "will", "should", "ideally", "preferably", "then"),
    *("hopefully", "before", "after", "no", "later", "than", "am", "pm", "o'clock", "h", "g", "gio", "som", "muon"),
    *(
        "chac",
        "du",
        "kien",
        "dinh",
        "cho",
        "minh",
        "em",
        "tren",
        "day",
        "flights",
        "leg",
        "trip",
        "for",
        "lai",
        "again",
    ),
    *(
        "truoc",
        "sau",
        "again",
        "tu",
        "it's",
        "i",
        "want",
        "to",
        "'",
        "mot",
        "bua",
        "week",
        "tuan",
        "nua",
        "too",
        "also",
        "as",
        "well",
        "any",
    ),
}
MARKER_REACH = 8
"""How many words before a date may stand between it and the word that says which way it is for."""
_CLOSING = {
    *("nhe", "nha", "a", "luon", "nhi", "thoi", "cho", "khu", "gia", "tim", "roi", "va", "nghe", "hen", "nhen", "do"),
    *("giup", "dum", "voi", "ok", "thanks", "please", "hang", "gom", "co", "duoc", "con"),
}
_BEFORE_CLOSING = {
    *("sep", "nha", "gia", "dinh", "vo", "chong", "ba", "me", "bo", "ong", "co", "chu", "bac", "chau", "bon", "doan"),
    *("con", "ca", "nhom", "tao", "t", "m", "ban", "ho", "no", "lai", "team"),
} | {"thi", "la", "moi", "se", "minh", "toi", "em", "anh", "chi", "bay", "quay", "tro", "tui", "vo"}
_CLOSING_ENGLISH = {"home", "back", "return", "rtn", "inbound"}
_OUT_CLOSING = {"going", "leaving", "departing", "outbound"}
_UNTIL = {"until", "till", "til"}
_BEING = {"i'm", "we're", "am", "are", "be"}
_THERE = {"vao", "vo", "ra", "len", "xuong"}
_AGAIN = {"quay", "tro", "vo", "bay"}
_ARRIVING = {
    *("arrive", "arriving", "arrives", "arrival", "land", "landing", "lands", "reach", "reaching", "reaches"),
    *("dap", "kip"),
}
_ARRIVING_PHRASES = (
    *(("get", "there"), ("getting", "there"), ("be", "there"), ("get", "in"), ("gets", "in"), ("getting", "in")),
    *(("be", "in"), ("get", "to"), ("gets", "to"), ("getting", "to"), ("be", "at"), ("get", "me"), ("gets", "me")),
    *(
        ("get", "into"),
        ("gets", "into"),
        ("getting", "into"),
        ("den", "noi"),
        ("toi", "noi"),
        ("ha", "canh"),
        ("co", "mat"),
        ("it", "by"),
        ("be", "home"),
    ),
    *(
        ("get", "home"),
        ("in", "by"),
        ("there", "by"),
        ("den", "truoc"),
        ("toi", "truoc"),
        ("den", "luc"),
        ("home", "by"),
    ),
    *(("den", "vao"), ("there", "before"), ("in", "before"), ("touch", "down"), ("touching", "down")),
)
_LEAVING = {
    *("leave", "leaving", "leaves", "depart", "departing", "departs", "departure", "takeoff", "khoi", "bay", "fly"),
    *("flying", "cat", "out", "leaving"),
}
_ARRIVAL_REACH = 10
_LEADING = {"phai", "can", "muon", "se", "de", "kip", "cho", "mong", "nen"}


class Spanned(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


def find_direction(
    text: Text, mention: Spanned, places: dict[int, int], *, comes_home: bool = False
) -> Direction | None:
    """Which way a date is for, from the words around it.

    `places` maps the end of each place to its start; `comes_home` when the trip goes back to where it began, so that
    "về Hà Nội" before a date is the way back and not the destination.
    """
    if _is_closed_by_back(text, mention.end):
        return "back"
    index, is_beyond_place = mention.start - 1, False
    for _ in range(MARKER_REACH):
        if index + 1 in places:
            index, is_beyond_place = places[index + 1] - 1, True
        word = text.word(index)
        if word == "," and text.word(index - 1) in _OUT_CLOSING:
            return None  # "25 November going, 10 January …": it closed the day before
        if word == "home" and text.word(index - 1) in _HOME_VERBS:
            return "back"
        if word in _UNTIL and _is_still_there(text, places.get(index)):
            return None
        if word in _BACK and not (word == "lai" and text.word(index - 1) == "o"):
            if comes_home or not is_beyond_place or (word in _BACK_ENGLISH and _is_out_said(text, index)):
                return "back" if not _is_ticket(text, index) and not _is_kind_of_ticket(text, index) else None
        elif word in _OUT:
            return "out"
        if word not in _BETWEEN and word not in _BACK and not word.isdigit():
            return None
        index -= 1
    return None


def is_way_back_to_place(text: Text, end: int) -> bool:
    """ "Chủ nhật về lại Sài Gòn", "thứ hai bay ra": of a second day, the way back."""
    verb = end + (text.word(end) == "bay")
    behind = text.word(verb + 1 + (text.word(verb + 1) == "lai"))
    if text.word(verb) in _THERE and text.tokens[verb].marks not in {"\u0301"} and _is_end(behind):
        return True
    return (text.word(end) == "ve" and not _is_ticket(text, end)) or (
        text.word(end) in {"quay", "tro", "bay"} and text.word(end + 1) in {"ve", "lai"}
    )


def is_of_arrival(text: Text, start: int) -> bool:
    """Whether a time is one of arriving: "land in Nashville by four", "đến nơi trước 9h"."""
    for index in range(start - 1, max(start - 1 - _ARRIVAL_REACH, -1), -1):
        word, following = text.word(index), text.word(index + 1)
        if word in _LEAVING:
            return False
        if word in _ARRIVING or (word, following) in _ARRIVING_PHRASES:
            return True
        if word in {"den", "toi"} and text.word(index - 1) in _LEADING and text.tokens[index].marks != "\u0301\u0302":
            return True
        if not word[0].isalnum() and word != "'":
            return False
    return False


def _is_still_there(text: Text, place: int | None) -> bool:
    """ "I'm in Da Nang till Thursday": before the trip begins."""
    return place is not None and text.word(place - 1) == "in" and text.word(place - 2) in _BEING


def _is_closed_by_back(text: Text, end: int) -> bool:
    """ "Chủ nhật về", "mùng 7 tết vô lại": the words for the way back close the phrase."""
    index = end
    while text.word(index) in _BEFORE_CLOSING and index < end + 2:
        index += 1
    word = text.word(index)
    if word in _CLOSING_ENGLISH and _is_end(text.word(index + 1)):
        return True
    if word in {"coming", "going", "flying"} and text.word(index + 1) in {"home", "back"} and not text.word(index + 2):
        return True
    is_back = word == "ve" and text.tokens[index].marks in {"", "\u0300\u0302"}
    is_again = (word in {"lai", "vao", "ra"} and text.word(index - 1) in _AGAIN and index > end) or (
        word in _THERE and text.word(index + 1) == "lai"
    )
    if not (is_back or is_again):
        return False
    after = text.word(index + 1 + (text.word(index + 1) == "lai"))
    return _is_end(after)


def _is_end(word: str) -> bool:
    return not word or not word[0].isalnum() or word in _CLOSING


def _is_out_said(text: Text, end: int) -> bool:
    """Whether the way out is spoken of too, so that "returning to Boston" is the way back."""
    return any(
        token.word in _LEAVING or (index < end and token.word in _OUT) for index, token in enumerate(text.tokens)
    )


def _is_kind_of_ticket(text: Text, index: int) -> bool:
    """ "A return flight on Friday" goes out on Friday."""
    after = text.word(index + 1)
    return text.word(index) == "return" and after in {"ticket", "tickets", "trip", "fare"}


def _is_ticket(text: Text, index: int) -> bool:
    """Whether "ve" is "vé", the ticket, rather than "về", back."""
    token = text.tokens[index]
    if token.word != "ve":
        return False
    if token.marks:
        return token.marks == "\u0301"
    before = text.word(index - 1)
    is_count = before.isdigit() and text.word(index - 2) not in {"/", "-", ".", "thang", "ngay", "mung", "mong"}
    return index == 0 or before in _TICKET_VERBS or is_count
