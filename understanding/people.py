"""Words that make the next one a person's name."""

from __future__ import annotations

from functools import cache

from understanding.grammar import Vocabulary
from understanding.text import Text, could_be, find_marks, fold

_VIETNAMESE = ("anh", "chị", "em", "cô", "chú", "bác", "ông", "bà", "bạn", "cậu", "bé", "tên")
TITLES = {fold(title): find_marks(title) for title in (*_VIETNAMESE, "mr", "ms", "mrs", "miss", "named")}
"""Their diacritics, by folded word."""
_KIN = {"co", "chu", "bac", "ong", "ba", "di", "cau", "mo", "thim", "be", "chau"}
_ELDERS = {"anh", "chi", "ong"}
"""Titles that are no other word."""
_ORDER = {"hai", "ba", "tu", "sau", "bay", "tam", "chin", "muoi", "ut"}
"""What the children of a family are called in the south."""
_AUNT = find_marks("dì")
_MIDDLE = {"thi", "van"}
_GOING = {"bay", "di", "ra", "vao", "ve", "va", "voi", "o", "cung", "sang"}
_WISHING = {"muon", "can", "dinh", "tinh", "nho", "hoi", "dat"}
_LEADING_ON = {"di", "ra", "vao", "vo", "toi", "den", "sang", "ve", "-", ">"}
_FOR_ANOTHER = {"ve", "chuyen", "dat", "mua", "book", "chieu", "cho"}
_GIVEN = {"giang", "an", "lan", "binh", "chau", "trang", "hoa", "duong", "yen", "thuan", "long", "phuc", "loc", "thanh"}
"""With what names of two words end that are a person's too."""
_OWN = {"my", "our", "his", "her", "their"}
_RELATIVES = frozenset(
    (
        *("wife", "husband", "partner", "fiance", "fiancee", "girlfriend", "boyfriend", "mom", "mum", "mother", "dad"),
        *("father", "sister", "brother", "son", "daughter", "kid", "child", "baby", "cousin", "aunt", "uncle", "niece"),
        *("nephew", "grandma", "grandpa", "grandmother", "grandfather", "grandson", "granddaughter", "friend"),
        *("colleague", "coworker", "boss", "manager", "assistant", "secretary", "roommate", "neighbor", "neighbour"),
        *("client", "buddy", "mate", "bestie", "passenger", "traveler", "traveller", "guest"),
    )
)
_INTRODUCTIONS = (
    *("my name is", "my name's", "name is", "name's", "this is", "call me", "i am", "i'm", "im", "called"),
    *("mình tên", "tôi tên", "em tên", "tên là", "tên em là", "tên mình là", "tên tôi là", "con tên", "named", "dr"),
    *("passenger name", "passenger", "first name", "last name", "surname", "speaking with", "signed"),
)
FEW_WORDS_BEFORE = 3
LONGEST_INTRODUCTION = 4
LONG_SURNAME = 4
_SURNAMES = frozenset(
    (
        *("nguyen", "tran", "le", "pham", "hoang", "huynh", "phan", "vu", "vo", "dang", "bui", "do", "ho", "ngo"),
        *("duong", "ly", "dinh", "trinh", "truong", "mai", "cao", "luong", "smith", "johnson", "williams", "brown"),
        *("jones", "garcia", "miller", "davis", "martinez", "martin", "wilson", "anderson", "thomas", "taylor"),
        *("moore", "jackson", "lee", "perez", "thompson", "white", "harris", "clark", "lewis", "robinson", "walker"),
        *("young", "allen", "king", "wright", "scott", "torres", "hill", "green", "adams", "baker", "nelson", "kim"),
        *("campbell", "mitchell", "roberts", "carter", "phillips", "evans", "turner", "parker", "collins", "edwards"),
        *("stewart", "morris", "murphy", "cook", "rogers", "reed", "bailey", "kelly", "cooper", "chen", "wang", "li"),
        *("patel", "singh", "kumar", "khan", "park", "choi", "tanaka", "sato", "muller", "hilton", "o'brien"),
    )
)


def is_titled(text: Text, index: int) -> bool:
    """Whether a title stands before the word: "chị Mai", "anh Vinh"."""
    marks = TITLES.get(text.word(index - 1))
    return marks is not None and could_be(text.tokens[index - 1].marks, marks)


def is_person(text: Text, start: int, end: int) -> bool:
    """Whether a name that is also a place is somebody's: "my sister Charlotte", "this is Sydney Martin"."""
    if is_titled(text, start) and (end - start == 1 or text.word(end - 1) in _GIVEN):
        if text.tokens[start].is_capitalised and _could_be_given_name(text, start, end):
            return not _is_speaker(text, start - 1, end)
        if _is_written_small(text, start, end):
            return True
    if text.word(start - 1) in _ELDERS and _is_written_small(text, start, end):
        return True
    if end - start == 1 and text.word(start) in _ORDER and _is_kin(text, start - 1):
        return True
    if text.word(start - 1) in _RELATIVES and text.word(start - 2) in _OWN:
        return True
    if _is_introduced(text, start) or _has_surname_before(text, start, end):
        return True
    if (
        text.word(end) == "here"
        and start <= FEW_WORDS_BEFORE
        and text.word(start - 1) in {"", "hi", "hello", "hey", ","}
    ):
        return True
    if text.word(start - 1) == "it's" and text.word(end) in {"here", "speaking", "calling", "again"}:
        return True
    following = text.tokens[end] if end < len(text.tokens) else None
    is_shouted = text.written.isupper()
    is_signed = following is not None and following.word in _SURNAMES and following.is_capitalised
    return is_signed and text.tokens[start].is_capitalised and not is_shouted


def _could_be_given_name(text: Text, start: int, end: int) -> bool:
    """ "Cho em Hà Nội - Huế" names no Hà Nội; "chị Hà Giang" may."""
    return end - start == 1 or text.word(end - 1) in {"giang", "an", "lan", "binh", "chau", "trang"}


def _is_speaker(text: Text, title: int, end: int) -> bool:
    """ "Cho em Huế đi Vinh" asks for oneself, "đặt vé cho em Huế đi Vinh" for somebody called Huế."""
    is_opening = text.word(title) == "em" and text.word(title - 1) == "cho" and text.word(title - 2) not in _FOR_ANOTHER
    return is_opening and text.word(end) in _LEADING_ON


def _is_written_small(text: Text, start: int, end: int) -> bool:
    """ "Cô hà giang bay đà nẵng", "anh vinh muốn bay"; but "em vinh bay huế" may say from where."""
    title, following = text.word(start - 1), text.word(end)
    if following in _WISHING or (title in _KIN and following in _GOING):
        return True
    return following in _GOING and text.word(end + 1) == "tu"


def _has_surname_before(text: Text, start: int, end: int) -> bool:
    """ "Nguyễn Hà Giang"; a short one without its diacritics is another word."""
    middle = text.tokens[start - 1] if start > 1 else None
    if middle and middle.word in _MIDDLE and text.word(start - 2) in _SURNAMES:
        return _could_be_given_name(text, start, end)
    before = text.tokens[start - 1] if start > 0 else None
    if before is None or before.word not in _SURNAMES or not before.is_capitalised or text.written.isupper():
        return False
    return _could_be_given_name(text, start, end) and (bool(before.marks) or len(before.word) >= LONG_SURNAME)


def _is_kin(text: Text, index: int) -> bool:
    """ "Dì Ba", "chú Bảy"; "đi" is no "dì"."""
    word = text.word(index)
    is_going = word == "di" and bool(text.tokens[index].marks) and not could_be(text.tokens[index].marks, _AUNT)
    return word in _KIN and not is_going and text.tokens[index + 1].is_capitalised


def _is_introduced(text: Text, start: int) -> bool:
    introductions = _introductions()
    begins = range(max(start - LONGEST_INTRODUCTION, 0), start)
    return any(end == start for begin in begins for _, end in introductions.read(text, begin))


@cache
def _introductions() -> Vocabulary:
    return Vocabulary(dict.fromkeys(_INTRODUCTIONS, True))
