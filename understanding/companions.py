"""People named by who they are to the traveller: "my wife", "mẹ em", "two friends", "con gái 5 tuổi"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal

from core.messages import Language
from understanding.ages import Ages, read_ages
from understanding.grammar import DIGITS, Found, Reader, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.text import Text

TravellerField = Literal["adults", "children", "infants", "total", "minor"]
"""`total` are people of unsaid age, `minor` a child whose age decides between child and infant."""
Counts = tuple[tuple[TravellerField, int], ...]

ADULT_AGE_MONTHS = 12 * 12
CHILD_AGE_MONTHS = 2 * 12

_ADULTS_EN = (
    *("wife", "husband", "spouse", "partner", "girlfriend", "boyfriend", "gf", "bf", "fiance", "fiancee", "fiancé"),
    *("fiancée", "hubby", "wifey", "better half", "other half", "significant other", "mother", "mom", "mum", "mommy"),
    *("mummy", "mama", "ma", "father", "dad", "daddy", "papa", "mother in law", "father in law", "sister in law"),
    *("brother in law", "mother - in - law", "father - in - law", "sister - in - law", "brother - in - law", "sister"),
    *("brother", "sis", "bro", "friend", "best friend", "girl friend", "boy friend", "buddy", "mate", "pal", "bestie"),
    *("colleague", "coworker", "co worker", "co - worker", "boss", "manager", "client", "assistant", "roommate"),
    *("flatmate", "aunt", "auntie", "uncle", "cousin", "grandmother", "grandma", "granny", "nana", "grandfather"),
    *("grandpa", "granddad", "business partner", "teammate", "classmate", "neighbor", "neighbour", "companion"),
)
_PAIRS_EN = (
    *("parents", "grandparents", "in laws", "in - laws", "folks", "mom and dad", "mum and dad", "mother and father"),
    *("dad and mom", "father and mother", "grandma and grandpa", "grandmother and grandfather"),
)
_PLURALS_EN = (
    *("friends", "sisters", "brothers", "colleagues", "coworkers", "co workers", "co - workers", "cousins", "buddies"),
    *("mates", "pals", "roommates", "flatmates", "aunts", "uncles", "clients", "teammates", "classmates", "others"),
    *("companions", "girlfriends", "team members", "family members", "relatives", "other people", "more people"),
)
_ADULTS_VI = (
    *("vợ", "chồng", "vk", "ck", "bà xã", "ông xã", "bạn gái", "bạn trai", "người yêu", "ny", "gấu", "mẹ", "má"),
    *("=bố", "=ba", "=bá", "cha", "mẹ vợ", "mẹ chồng", "bố vợ", "bố chồng", "ba vợ", "ba chồng", "chị gái"),
    *("em gái", "anh trai", "em trai", "chị dâu", "anh rể", "em dâu", "em rể", "bà nội", "bà ngoại", "ông nội"),
    *("ông ngoại", "đồng nghiệp", "sếp", "bạn thân", "bạn học", "đứa bạn", "thằng bạn", "con bạn", "nhỏ bạn"),
    *("người bạn", "bạn cùng phòng", "người nhà"),
)
"""They count by themselves."""
_PRONOUNS_VI = (
    "bạn",
    "=cô",
    "=dì",
    "=chú",
    "=bác",
    "ông",
    "bà",
    "anh",
    "chị",
    "em",
    "ba",
    "bố",
    "=cậu",
    "=mợ",
    "=thím",
)
"""They are no words of address when somebody's: "chị mình", "ba em"."""
_PAIRS_VI = ("bố mẹ", "ba mẹ", "cha mẹ", "ba má", "bố má", "ông bà", "ông bà nội", "ông bà ngoại", "cô chú", "hai bác")
_CHILDREN_EN = ("child", "children", "kid", "kids", "boy", "girl", "boys", "girls")
_CHILDREN_VI = ("trẻ em", "trẻ", "trẻ con", "trẻ nhỏ")
_INFANTS_EN = (
    *("infant", "infants", "baby", "babies", "newborn", "newborns", "infant son", "infant daughter", "baby boy"),
    *("baby girl", "lap infant", "lap infants", "lap child", "lap baby", "lap children", "baby son", "baby daughter"),
    *("newborn baby", "infant child"),
)
_INFANTS_VI = ("em bé", "trẻ sơ sinh", "bé sơ sinh", "em bé sơ sinh")
_MINORS_EN = (
    *("son", "daughter", "sons", "daughters", "toddler", "toddlers", "nephew", "niece", "nephews", "nieces", "twins"),
    *("grandson", "granddaughter", "grandchild", "grandchildren", "grandkids", "grandkid", "little one", "little ones"),
    *("little boy", "little girl"),
)
_MINORS_VI = (
    *("con gái", "con trai", "con nhỏ", "con", "cháu", "cháu bé", "bé", "bé gái", "bé trai", "bé con", "đứa nhỏ"),
    *("đứa con", "đứa bé", "đứa trẻ", "nhóc", "nhóc tì", "cháu gái", "cháu trai", "em nhỏ", "thằng bé", "con bé"),
    *("cậu con trai", "cô con gái", "nhóc con", "bạn nhỏ", "thằng cu", "bé nhà"),
)
_MANY = {
    *("children", "kids", "boys", "girls", "infants", "babies", "newborns", "sons", "daughters", "toddlers", "nephews"),
    *("nieces", "grandchildren", "grandkids", "ones", "teenagers", "teens", "friends", "sisters", "brothers"),
    *("colleagues", "coworkers", "workers", "cousins", "buddies", "mates", "pals", "roommates", "flatmates", "aunts"),
    *("uncles", "clients", "teammates", "classmates", "others", "companions", "girlfriends", "members", "relatives"),
    *("people", "twins"),
}
"""How many is not said by them alone."""
_TEENAGERS = ("teenager", "teenagers", "teen", "teens", "teenage son", "teenage daughter", "teenage kids")
_DETERMINERS = {"my", "our"}
_LOOSE_DETERMINERS = {"my", "our", "a", "an", "the", "his", "her", "another", "mot"}
_ADJECTIVES = {
    "older",
    "younger",
    "elder",
    "eldest",
    "youngest",
    "oldest",
    "little",
    "old",
    "dear",
    "lovely",
    "elderly",
}
_OWNERS = Vocabulary(
    dict.fromkeys(
        (
            *("mình", "tôi", "em", "=e", "anh", "chị", "tớ", "tui", "mk", "nhà mình", "của mình", "của tôi", "của em"),
            *("của anh", "của chị", "chúng tôi", "tụi mình", "bọn mình", "nhà em", "nhà tôi", "em nó", "nó", "e"),
        ),
        True,
    )
)
_SELVES = {"i", "me", "myself", "toi", "minh", "em", "e", "anh", "chi", "to", "tui", "mk"}


@cache
def _kin(language: Language) -> Vocabulary:
    is_english = language == "en"
    ones = (*_ADULTS_EN, *_PLURALS_EN, *_TEENAGERS) if is_english else _ADULTS_VI
    kinds: tuple[tuple[tuple[str, ...], tuple[TravellerField, int]], ...] = (
        (ones, ("adults", 1)),
        (_PAIRS_EN if is_english else _PAIRS_VI, ("adults", 2)),
        (_CHILDREN_EN if is_english else _CHILDREN_VI, ("children", 1)),
        (_INFANTS_EN if is_english else _INFANTS_VI, ("infants", 1)),
        (_MINORS_EN if is_english else _MINORS_VI, ("minor", 1)),
    )
    return Vocabulary([(word, value) for words, value in kinds for word in words])


@cache
def _kin_of_somebody() -> Vocabulary:
    return Vocabulary(dict.fromkeys(_PRONOUNS_VI, ("adults", 1)))


def person_slot(language: Language) -> Reader:
    """Whoever goes along; only behind "with", "and" and the like is that sure.

    Languages apart, for many Vietnamese words are English ones without their marks: "bé" and "be", "mẹ" and "me".
    """
    starts = _kin(language).starts | number_words().starts | {DIGITS}
    starts |= _LOOSE_DETERMINERS | _ADJECTIVES if language == "en" else _kin_of_somebody().starts
    return Reader(starts, lambda text, index: list(_read_people(text, index, language)))


def own_child_slot() -> Reader:
    """The traveller's own child, who would hardly be named if not travelling."""
    return Reader(
        frozenset(_DETERMINERS | {"con", "chau", "be", "cau", "co"}),
        lambda text, index: list(_read_own_child(text, index)),
    )


def counts_of_ages(field: TravellerField, number: int, ages: Ages) -> Counts:
    """What `number` travellers of a kind are whose ages were said; one age holds for all of them."""
    if len(ages) == 1:
        return ((kind_of_age(ages[0]), number),)
    kinds = [kind_of_age(age) for age in ages[:number]]
    rest = number - len(kinds)
    every: dict[TravellerField, int] = {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    if rest:
        every[field] = every.get(field, 0) + rest
    return tuple(every.items())


def kind_of_age(months: int) -> TravellerField:
    if months >= ADULT_AGE_MONTHS:
        return "adults"
    return "children" if months >= CHILD_AGE_MONTHS else "infants"


def _read_people(text: Text, index: int, language: Language) -> Iterator[Found]:
    """A determiner or a number, who it is, whose, a name and an age; everything but who it is may be absent."""
    index += text.word(index) in _LOOSE_DETERMINERS
    for ages, end in read_ages(text, index) if index < len(text.tokens) else ():
        kin = [found for found in _kin_at(text, end, language) if found[0][0] != "adults"]
        yield counts_of_ages("minor", len(ages), ages), max([end, *(stop for _, stop in kin)])
    number, is_counted = 1, False
    for counted, end in number_slot().read(text, index) if index < len(text.tokens) else ():
        if 0 < counted < 10 and _kin_at(text, end, language):
            number, index, is_counted = counted, end, True
            break
    index += text.word(index) in _ADJECTIVES
    for (field, each), end in _kin_at(text, index, language):
        if is_counted or text.word(end - 1) not in _MANY:
            yield from _with_name_and_age(text, end, field, each * number)


def _read_own_child(text: Text, index: int) -> Iterator[Found]:
    language: Language = "en" if text.word(index) in _DETERMINERS else "vi"
    number, is_counted = 1, False
    if language == "en":
        index += 1
        for counted, end in number_slot().read(text, index) if index < len(text.tokens) else ():
            number, index, is_counted = counted, end, True
            break
        index += text.word(index) in _ADJECTIVES
    for (field, _), end in _kin_at(text, index, language):
        if field == "adults" or (language == "vi" and text.word(end - 1) not in {"gai", "trai"}):
            continue
        if is_counted or text.word(end - 1) not in _MANY:
            yield from _with_name_and_age(text, end, field, number)


def _kin_at(text: Text, index: int, language: Language) -> list[Found]:
    if index >= len(text.tokens):
        return []
    found = _kin(language).read(text, index)
    for value, end in _kin_of_somebody().read(text, index) if language == "vi" else ():
        if end < len(text.tokens) and _OWNERS.read(text, end):
            found.append((value, end))
    return found


def _with_name_and_age(text: Text, index: int, field: TravellerField, number: int) -> Iterator[Found]:
    ends = [index]
    if index < len(text.tokens) and (owners := _OWNERS.read(text, index)):
        ends.append(owners[0][1])
    at = ends[-1]
    # only "and me" behind it makes a word a name: "my girlfriend Charlotte and I"
    ends.extend(
        at + words for words in (1, 2) if text.word(at + words) == "and" and text.word(at + words + 1) in _SELVES
    )
    for end in reversed(ends):
        for ages, stop in read_ages(text, end) if end < len(text.tokens) else ():
            yield counts_of_ages(field, number, ages), stop
        yield ((field, number),), end
