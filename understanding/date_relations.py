"""How two dates of a message stand to each other: a range, a choice, a correction, or one denied."""

from __future__ import annotations

from typing import Literal

from understanding.dates import DateMention
from understanding.grammar import Vocabulary
from understanding.phrases import find_phrase
from understanding.text import Text

SLIP_REACH = 3
REMARK_REACH = 5
"""How many words behind "là" the "rồi" of a remark may stand."""
_RANGE_WORDS = {"den", "toi", "-", "to", "until", "till", "through", "thru", ">", "→"}
_OR_WORDS = {"hoac", "hay", "or"}
_BESIDE_RELATION = {
    "the",
    "ngay",
    "hom",
    "on",
    "vao",
    "het",
    "tan",
    "khoang",
    "maybe",
    "either",
    "even",
    "la",
    ",",
    "hay",
}


_CORRECTIONS = Vocabulary(
    [
        (phrase, True)
        for phrase in (
            *("hold on", "scratch that", "make that", "make it", "rather", "oops", "whoops", "my bad", "or rather"),
            *(
                "no sorry",
                "i'm sorry",
                "strike that",
                "correction",
                "let me see",
                "no no",
                "no actually",
                "i take it back",
            ),
            *("change that", "on second thought", "not that", "instead", "wait no", "no", "nope", "better yet"),
            *("í lộn", "ý lộn", "lộn", "nhầm", "nhầm rồi", "à thôi", "ấy chết", "ấy nhầm", "nói nhầm", "gõ nhầm"),
            *(
                "viết nhầm",
                "xin lỗi",
                "quên",
                "chứ không phải",
                "à quên",
                "khoan",
                "đổi lại",
                "chính xác là",
                "hay thôi",
            ),
            *(
                "à mà",
                "à ko",
                "ah ko",
                "ah không",
                "à k",
                "ủa",
                "ý em là",
                "ý tôi là",
                "ý mình là",
                "không phải",
                "chuyển sang",
                "chuyển thành",
                "đúng là",
                "không được",
                "ko được",
                "đổi",
            ),
        )
    ]
)
"""Between two days: the first is taken back."""
_SLIPS = Vocabulary(
    [
        (phrase, True)
        for phrase in (
            *("sorry", "i mean", "i meant", "wait", "make that", "oops", "whoops", "my bad", "scratch that", "hold on"),
            *("nhầm", "lộn", "nói nhầm", "gõ nhầm", "ấy chết", "í lộn", "à quên", "xin lỗi"),
        )
    ]
)
"""Said at once of what was said last, where "actually" may change anything."""
EVENT_REACH = 8
"""How many words before its day an event may be named."""
_EVENTS = Vocabulary(
    [
        (phrase, True)
        for phrase in (
            *("wedding", "married", "conference", "meeting", "exam", "exams", "finish", "birthday", "anniversary"),
            *("funeral", "surgery", "concert", "interview", "party", "graduation", "turns", "festival", "event"),
            *(
                "starts",
                "begins",
                "kicks off",
                "ends",
                "finishes",
                "super bowl",
                "summit",
                "workshop",
                "reunion",
                "land",
                "tournament",
            ),
            *("họp", "thi", "thi xong", "đám cưới", "cưới", "sinh nhật", "hội nghị", "hội thảo", "phỏng vấn", "tiệc"),
            *("tốt nghiệp", "khai giảng", "nhập học", "sự kiện", "đám giỗ", "khai mạc", "biểu diễn", "thi đấu"),
        )
    ]
)

_BUT = {
    *(("anything", "but"), ("day", "but"), ("days", "but"), ("date", "but"), ("time", "but"), ("everything", "but")),
    *(("other", "than"), ("apart", "from"), ("aside", "from"), ("ngoai", "tru")),
}
"""Right before a day: every other one would do."""
Relation = Literal["range", "or", "instead", "next"]


def is_slip(text: Text) -> bool:
    """Whether a message begins by taking back what was said last."""
    return any(_SLIPS.read(text, index) for index in range(min(len(text.tokens), SLIP_REACH)))


def is_correction(text: Text, start: int, end: int) -> bool:
    between = _slice(text, start, end)
    return find_phrase(between, "correction") or any(
        _CORRECTIONS.read(between, index) for index in range(len(between.tokens))
    )


def _slice(text: Text, start: int, end: int) -> Text:
    return text._replace(tokens=text.tokens[start:end])


def find_relation(text: Text, first: DateMention, second: DateMention) -> Relation:
    gap = {text.word(index) for index in range(first.end, second.start)}
    if gap & _OR_WORDS and gap <= _OR_WORDS | _BESIDE_RELATION:
        return "or"
    return "range" if gap & _RANGE_WORDS and gap <= _RANGE_WORDS | _BESIDE_RELATION else "next"


def is_of_event(text: Text, start: int) -> bool:
    """Whether a day is said to be that of an event, not of the trip: "the wedding is on the 12th", "thi xong 28/6"."""
    for index in range(start - 1, max(start - 1 - EVENT_REACH, -1), -1):
        if text.word(index) in {".", "!", "?", ";"}:
            return False
        if _EVENTS.read(text, index):
            return True
    return False


def is_negated(text: Text, mention: DateMention) -> bool:
    """ "Không phải mai", "not Friday"."""
    before = text.word(mention.start - 1)
    pair = (text.word(mention.start - 2), before)
    if before == "not" or pair in {("instead", "of"), ("rather", "than"), ("not", "on")} | _BUT:
        return True
    if before == "for" and pair[0] in {"except", "save"}:
        return True
    if before in {"except", "excluding", "tru", "tranh", "avoid", "never"}:
        return True
    return before == "phai" and pair[0] in {"khong", "ko", "chu"}


def is_remark(text: Text, mention: DateMention) -> bool:
    """ "Tuần sau là tết rồi", "sắp tết rồi": why one travels, not when. Either day of "là" is part of it."""
    end = mention.end
    if "missed" in (text.word(mention.start - 1), text.word(mention.start - 2)):
        return True
    if text.word(end) == "la":
        return "roi" in [text.word(index) for index in range(end, end + REMARK_REACH)]
    return text.word(end) == "roi" and text.word(mention.start - 1) in {"la", "sap", "den", "gan"}
