"""People named by who they are to the traveller: "my wife", "mẹ em", "two friends", "con gái 5 tuổi"."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Literal, NamedTuple

from core.messages import Language
from understanding.ages import AGE_UNITS, Ages, read_ages, read_years
from understanding.grammar import DIGITS, Found, Reader, Vocabulary
from understanding.numbers import number_slot, number_words
from understanding.text import Text

TravellerField = Literal["adults", "children", "infants", "total", "minor", "some"]
"""`total` are people of unsaid age, `minor` a child whose age decides between child and infant, `some` are children
nobody has counted yet ("my kids")."""
Counts = tuple[tuple[TravellerField, int], ...]

ADULT_AGE_MONTHS = 12 * 12
CHILD_AGE_MONTHS = 2 * 12
MOST_LISTED = 8

_ADULTS_EN = (
    *("wife", "husband", "spouse", "partner", "girlfriend", "boyfriend", "gf", "bf", "fiance", "fiancee", "fiancé"),
    *("fiancée", "hubby", "wifey", "better half", "other half", "significant other", "mother", "mom", "mum", "mommy"),
    *("mummy", "mama", "ma", "father", "dad", "daddy", "papa", "mother in law", "father in law", "sister in law"),
    *("brother in law", "mother - in - law", "father - in - law", "sister - in - law", "brother - in - law", "sister"),
    *("brother", "sis", "bro", "friend", "best friend", "girl friend", "boy friend", "buddy", "mate", "pal", "bestie"),
    *("colleague", "coworker", "co worker", "co - worker", "boss", "manager", "client", "assistant", "roommate"),
    *("flatmate", "aunt", "auntie", "uncle", "cousin", "grandmother", "grandma", "granny", "nana", "grandfather"),
    *("grandpa", "granddad", "business partner", "teammate", "classmate", "neighbor", "neighbour", "companion"),
    *("crush", "secretary", "personal assistant", "nanny", "carer", "caregiver", "guest", "in law", "mate's", "ex"),
    *("missus", "hubs", "fella", "stepmom", "stepdad", "stepmother", "stepfather", "godmother"),
    *("godfather", "gran", "nan", "grandad", "gramps", "stepsister", "stepbrother"),
)
_PAIRS_EN = (
    *("parents", "grandparents", "in laws", "in - laws", "folks", "mom and dad", "mum and dad", "mother and father"),
    *(
        "mom dad",
        "mum dad",
        "dad mom",
        "dad and mom",
        "father and mother",
        "grandma and grandpa",
        "grandmother and grandfather",
    ),
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
    *("người bạn", "bạn cùng phòng", "người nhà", "crush", "bồ", "ghệ", "vợ sắp cưới", "chồng sắp cưới", "trợ lý"),
    *("thư ký", "khách hàng", "đứa em", "thằng em", "em họ", "anh họ", "chị họ", "chiến hữu", "đối tác"),
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
_SOME_VI = (
    *("mấy đứa nhỏ", "mấy đứa con", "mấy nhóc", "mấy bé", "mấy cháu", "các con", "các cháu", "các bé", "bọn trẻ"),
    *("tụi nhỏ", "lũ trẻ", "mấy đứa", "tụi nhóc", "bọn nhỏ", "đám nhỏ"),
)
_PAIRS_VI = (
    "vợ chồng",
    "bố mẹ vợ",
    "bố mẹ chồng",
    "ba mẹ vợ",
    "ba mẹ chồng",
    "bố mẹ",
    "ba mẹ",
    "cha mẹ",
    "ba má",
    "bố má",
    "ông bà",
    "ông bà nội",
    "ông bà ngoại",
    "cô chú",
    "hai bác",
)
_CHILDREN_EN = ("child", "children", "kid", "kids", "boy", "girl", "boys", "girls")
_CHILDREN_VI = ("trẻ em", "trẻ", "trẻ con", "trẻ nhỏ")
_INFANTS_EN = (
    *("infant", "infants", "baby", "babies", "newborn", "newborns", "infant son", "infant daughter", "baby boy"),
    *("baby girl", "lap infant", "lap infants", "lap child", "lap baby", "lap children", "baby son", "baby daughter"),
    *("newborn baby", "infant child"),
)
_INFANTS_VI = ("em bé", "trẻ sơ sinh", "bé sơ sinh", "em bé sơ sinh")
_MINORS_EN = (
    *("son", "daughter", "sons", "daughters", "toddler", "toddlers", "nephew", "niece", "nephews", "nieces"),
    *("grandson", "granddaughter", "grandchild", "grandchildren", "grandkids", "grandkid", "little one", "little ones"),
    *("little boy", "little girl", "ankle biter", "ankle biters", "rugrats", "stepson", "stepdaughter", "godson"),
    *("goddaughter",),
)
_MINORS_VI = (
    *("con gái", "con trai", "con nhỏ", "con", "cháu", "cháu bé", "bé", "bé gái", "bé trai", "bé con", "đứa nhỏ"),
    *("đứa con", "đứa bé", "đứa trẻ", "nhóc", "nhóc tì", "cháu gái", "cháu trai", "em nhỏ", "thằng bé", "con bé"),
    *(
        "cậu con trai",
        "cô con gái",
        "nhóc con",
        "bạn nhỏ",
        "thằng cu",
        "bé nhà",
        "cháu nội",
        "cháu ngoại",
        "con gái út",
    ),
    *("con trai út", "con gái lớn", "con trai lớn", "con trai sinh đôi", "con gái sinh đôi", "bé sinh đôi", "con út"),
    *("bé út", "thằng con", "đứa cháu", "cu con", "cu tí", "con gái nhỏ", "con trai nhỏ", "bé con trai", "bé con gái"),
)
_MANY = {
    *("children", "kids", "boys", "girls", "infants", "babies", "newborns", "sons", "daughters", "toddlers", "nephews"),
    *("nieces", "grandchildren", "grandkids", "ones", "teenagers", "teens", "friends", "sisters", "brothers"),
    *("colleagues", "coworkers", "workers", "cousins", "buddies", "mates", "pals", "roommates", "flatmates", "aunts"),
    *("uncles", "clients", "teammates", "classmates", "others", "companions", "girlfriends", "members", "relatives"),
    *("people", "biters", "rugrats"),
}
"""How many is not said by them alone."""
_TWINS_EN = ("twins", "twin boys", "twin girls", "twin sons", "twin daughters", "twin babies", "twin kids")
_TEENAGERS = ("teenager", "teenagers", "teen", "teens", "teenage son", "teenage daughter", "teenage kids")
_DETERMINERS = {"my", "our"}
_HAVING = {"my", "our", "the", "his", "her"}
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
_SELVES_EN = frozenset(("me", "myself", "i"))
_SELVES_VI = Vocabulary(
    dict.fromkeys(
        (
            *("tôi", "mình", "em", "=e", "e", "anh", "chị", "tớ", "tui", "mk", "=a", "a", "c", "cháu", "tao"),
            "bản thân",
        ),
        True,
    )
)
_OTHERS_EN = {"she", "he", "her", "him"}
"""Adults where the speaker is named beside them: "she and I"."""
_TITLES_EN = {"mr", "mrs", "ms", "miss", "dr", "sir", "madam"}
_NO_NAMES = {"and", "from", "to", "on", "in", "for", "will", "is", "want", "wants", "would", "need", "needs", "the"}
_LINKS_EN = Vocabulary(dict.fromkeys(("and", "&", "+", "plus", "with", ",", ", and", "and also", "as well as"), True))
_LINKS_VI = Vocabulary(
    dict.fromkeys(("và", "với", "vs", "cùng", "&", "+", ",", ", và", "cùng với", "và cả", "cùng cả"), True)
)


class Party(NamedTuple):
    """People listed by who they are."""

    counts: Counts
    has_speaker: bool
    items: int


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
        (() if is_english else _SOME_VI, ("some", 1)),
        (_TWINS_EN if is_english else ("cặp sinh đôi", "hai bé sinh đôi"), ("minor", 2)),
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


def party_slot(language: Language) -> Reader:
    """Several people in a list, the speaker perhaps among them: "me, my wife and our two kids", "em với mẹ em"."""
    selves = _SELVES_EN | _OTHERS_EN | _TITLES_EN if language == "en" else _SELVES_VI.starts
    starts = person_slot(language).starts | selves
    return Reader(starts, lambda text, index: _read_party(text, index, language))


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


def _read_party(text: Text, index: int, language: Language) -> list[Found]:
    """The longest list that begins at a token, if it names two at least."""
    if not _may_begin(text, index, language):
        return []
    links = _LINKS_EN if language == "en" else _LINKS_VI
    counts: dict[TravellerField, int] = {}
    items, end, has_speaker, at = 0, index, False, index
    while items < MOST_LISTED and at < len(text.tokens):
        stop = 0 if has_speaker else _end_of_speaker(text, at, language)
        found: Counts = ()
        if stop:
            has_speaker = True
        elif (listed := _read_listed(text, at, language, is_behind_speaker=has_speaker)) is None:
            break
        else:
            found, stop = listed
        for field, number in found:
            counts[field] = counts.get(field, 0) + number
        items, end = items + 1, stop
        link = links.read(text, end) if end < len(text.tokens) else []
        is_address = language == "vi" and text.word(end) == "," and has_speaker and items == 1
        if link and not (is_address and text.word(index - 1) != ":"):
            at = link[0][1]
        elif language == "en" and text.word(end) in _DETERMINERS:
            at = end
        else:
            break
    if items < 2 or not counts:
        return []
    return [(Party(tuple(counts.items()), has_speaker, items), end)]


def _may_begin(text: Text, index: int, language: Language) -> bool:
    """Whether the next two words leave a list possible: most of those that begin one stand elsewhere."""
    word, following = text.word(index), text.word(index + 1)
    kin = _kin(language).starts
    if word in kin:
        return True
    links = _LINKS_EN if language == "en" else _LINKS_VI
    if (
        following in links.starts
        or following in _DETERMINERS
        or following in kin
        or following in _ADJECTIVES
        or word in _TITLES_EN
    ):
        return True
    if word in _LOOSE_DETERMINERS or word[:1].isdigit() or word in number_words().starts:
        is_counted = following[:1].isdigit() or following in number_words().starts or following in AGE_UNITS
        return is_counted or text.word(index + 2) in kin
    return language == "vi" and word in _kin_of_somebody().starts


def _end_of_speaker(text: Text, index: int, language: Language) -> int:
    """The token behind the word with which one speaks of oneself; 0 where there is none."""
    if language == "en":
        return index + 1 if text.word(index) in _SELVES_EN else 0
    found = _SELVES_VI.read(text, index)
    # "em gái", "chị mình" are somebody else
    return found[0][1] if found and not _kin_at(text, index, language) else 0


def _read_listed(text: Text, index: int, language: Language, *, is_behind_speaker: bool) -> tuple[Counts, int] | None:
    """One of a list: by who it is, by title, or next to the speaker by name."""
    best = max(_read_people(text, index, language), key=lambda found: found[1], default=None)
    if best:
        return best
    token, word = text.tokens[index], text.word(index)
    if language == "en" and word in _TITLES_EN:
        is_couple = text.word(index + 1) in {"and", "&"} and text.word(index + 2) in _TITLES_EN
        if is_couple:
            return (("adults", 2),), index + 4
        name = index + 1 + (text.word(index + 1) == ".")
        is_name = text.word(name)[:1].isalpha() and text.word(name) not in _NO_NAMES
        return ((("adults", 1),), name + 1) if is_name else None
    if language == "en" and word in _OTHERS_EN and {text.word(index + 2), text.word(index - 2)} & _SELVES_EN:
        return (("adults", 1),), index + 1
    if not is_behind_speaker:
        return None
    link = text.word(index - 1)
    if link in {"plus", "+"}:
        one = next((n for n, end in number_slot().read(text, index) if end == index + 1), 0)
        return ((("adults", one),), index + 1) if 0 < one < MOST_LISTED else None
    is_name = token.is_capitalised and not text.written.isupper() and len(word) > 1
    if is_name and link in {"and", "&", "va", "voi"} and word not in _SELVES_EN:
        return (("adults", 1),), index + 1
    return None


def _read_people(text: Text, index: int, language: Language) -> Iterator[Found]:
    """A determiner or a number, who it is, whose, a name and an age; everything but who it is may be absent."""
    index += text.word(index) in _LOOSE_DETERMINERS
    number, is_counted = 1, False
    word = text.word(index)
    if word[:1].isdigit() or word in number_words().starts:
        for ages, end in read_years(text, index):
            kin = [found for found in _kin_at(text, end, language) if found[0][0] != "adults"]
            yield counts_of_ages("minor", len(ages), ages), max([end, *(stop for _, stop in kin)])
        for counted, end in number_slot().read(text, index):
            is_parents = word == "ba" and any(stop > end for _, stop in _kin_at(text, index, language))  # "ba má"
            if 0 < counted < 10 and _kin_at(text, end, language) and not is_parents:
                number, index, is_counted = counted, end, True
                break
    index += text.word(index) in _ADJECTIVES
    for (field, each), end in _kin_at(text, index, language):
        if is_counted or each > 1 or text.word(end - 1) not in _MANY:
            # "hai vợ chồng" are the two of them
            yield from _with_name_and_age(text, end, field, each if each == number else each * number)
        elif field != "adults" and text.word(index - 1) in _HAVING:
            yield from _with_name_and_age(text, end, "some", 1)


def _read_own_child(text: Text, index: int) -> Iterator[Found]:
    language: Language = "en" if text.word(index) in _DETERMINERS else "vi"
    number, is_counted = 1, False
    if language == "en":
        index += 1
        for counted, end in number_slot().read(text, index) if index < len(text.tokens) else ():
            number, index, is_counted = counted, end, True
            break
        index += text.word(index) in _ADJECTIVES
    for (field, each), end in _kin_at(text, index, language):
        if field == "adults" or (language == "vi" and text.word(end - 1) not in {"gai", "trai"}):
            continue
        if is_counted or each > 1 or text.word(end - 1) not in _MANY:
            yield from _with_name_and_age(text, end, field, number * each)
        elif language == "en":
            yield from _with_name_and_age(text, end, "some", 1)


def _kin_at(text: Text, index: int, language: Language) -> list[Found]:
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
        at + words
        for words in (1, 2)
        if text.word(at).isalpha() and text.word(at + words) == "and" and text.word(at + words + 1) in _SELVES_EN
    )
    for end in reversed(ends):
        for ages, stop in read_ages(text, end) if end < len(text.tokens) else ():
            yield counts_of_ages(field, len(ages) if field == "some" else number, ages), stop
        yield ((field, number),), end
