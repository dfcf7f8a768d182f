"""Airlines as people name them: in full, by nickname, by code, also where the name is an everyday word."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from understanding.grammar import Found, Reader, Vocabulary
from understanding.text import Text

_CODE_LENGTH = 2
_SAYS_AIRLINE_BEFORE = frozenset(
    (
        *(
            "on",
            "with",
            "by",
            "airline",
            "airlines",
            "carrier",
            "carriers",
            "prefer",
            "preferably",
            "either",
            "using",
            "use",
        ),
        *(
            "hang",
            "hãng",
            "thich",
            "khong",
            "ko",
            "tru",
            "except",
            "but",
            "avoid",
            "not",
            "no",
            "than",
            "via",
            "choose",
        ),
    )
)
_SAYS_AIRLINE_NEARBY = frozenset(
    (
        *("fly", "flying", "take", "taking", "want", "any", "only", "just", "about", "like", "try", "or", "and", "nor"),
        *(
            "bay",
            "di",
            "cua",
            "ve",
            "voi",
            "chuyen",
            "chi",
            "hay",
            "hoac",
            "dat",
            "book",
            "booking",
            "va",
            "get",
            "find",
        ),
        *(
            "love",
            "hate",
            "for",
            "cheapest",
            "earliest",
            "nonstop",
            "direct",
            "available",
            "all",
            "other",
            "what",
            "which",
        ),
        *("show", "list", "have", "does", "me", "into", "something", "anything", "muon", "tim", "xem", "con", "ngoai"),
    )
)
_SAYS_AIRLINE_BEHIND = frozenset(
    (
        *(
            "flight",
            "flights",
            "airlines",
            "airline",
            "only",
            "ticket",
            "tickets",
            "fare",
            "fares",
            "nonstop",
            "direct",
        ),
        *("plane", "planes", "thoi", "airways", "or", "hoac", "hay", "please", "first", "business", "economy", "one"),
        *(
            "departing",
            "leaving",
            "from",
            "fly",
            "flies",
            "have",
            "has",
            "preferred",
            "ok",
            "okay",
            "fine",
            "preferably",
            "thì",
            "thi",
            "nhe",
            "nha",
        ),
    )
)
_NO_AIRLINE_BEHIND = frozenset(
    (
        *("states", "kingdom", "arab", "nations", "citizen", "citizens", "passport", "passports", "dollar", "dollars"),
        *(
            "express",
            "samoa",
            "visa",
            "food",
            "people",
            "guy",
            "embassy",
            "river",
            "junction",
            "variant",
            "florida",
            "of",
        ),
        *("coast", "asia", "corner", "born", "side", "virginia", "regional", "massage", "time", "language", "center"),
        *("cheese", "knife", "chocolate", "bath", "coffee", "sandwich", "girl", "man", "woman", "friend", "airport"),
        *(
            "oregon",
            "missouri",
            "cruise",
            "bank",
            "college",
            "over",
            "shoots",
            "bpo",
            "baht",
            "won",
            "restaurant",
            "mail",
        ),
    )
)
_NO_AIRLINE_BEFORE = frozenset(
    (
        "mekong",
        "nile",
        "river",
        "okavango",
        "native",
        "north",
        "south",
        "latin",
        "central",
        "in",
        "the",
    )
)
_PASSED_OVER = frozenset(("the", "a", "an", "only", "just", "maybe", "preferably", "hang", "airline"))
_LISTING = {"or", "and", "/", "&", ",", "hoac", "hay"}
_LONGEST_NAME = 3
_SAYS_CODE_BEFORE = {"hang", "airline", "airlines", "carrier", "on", "with", "by", "bay"}
_SAYS_CODE_BEHIND = {"airlines", "flight", "flights", "airline"}


@cache
def airline_slot() -> Reader:
    """Every airline's names and its code."""
    names, codes = _read_table()
    return Reader(names.starts | codes.keys(), lambda text, index: _read_airline(text, index, names, codes))


def read_any_airline(text: Text, index: int) -> list[Found]:
    """As the slot does, for where only an airline can be meant: names that are everyday words are read too."""
    names, _ = _read_table()
    return [(code, end) for (code, _), end in names.read(text, index)]


@cache
def _read_table() -> tuple[Vocabulary, dict[str, str]]:
    """Names with how sure they are, and codes by their folded form.

    In the table `?` stands before a name that is an everyday word, `!` before one that is a place too.
    """
    table = Path(__file__).with_name("airlines.tsv").read_text(encoding="utf-8")
    names: list[tuple[str, tuple[str, str]]] = []
    codes: dict[str, str] = {}
    for line in table.splitlines()[1:]:
        code, said = line.split("\t")
        codes[code.casefold()] = code
        for name in said.split(", "):
            sureness = name[0] if name[0] in "?!" else ""
            names.append((name.removeprefix(sureness), (code, sureness)))
    return Vocabulary(names), codes


def _read_airline(text: Text, index: int, names: Vocabulary, codes: dict[str, str]) -> list[Found]:
    found: list[Found] = [
        (code, end)
        for (code, sureness), end in names.read(text, index)
        if _is_meant(text, index, end, sureness) or (sureness and _is_listed(text, index, end, names))
    ]
    code = codes.get(text.word(index)) if not found else None
    is_code = code and (_is_code(text, index) or _is_listed_code(text, index, names))
    return [(code, index + 1)] if is_code else found


def _is_meant(text: Text, start: int, end: int, sureness: str) -> bool:
    """Whether the words around a name of one word are those around an airline's."""
    if end - start > 1:
        return True
    before, behind = text.word(start - 1), text.word(end)
    is_flown = behind in {"flight", "flights", "airlines", "plane", "one"}
    if behind in _NO_AIRLINE_BEHIND or (before in _NO_AIRLINE_BEFORE and not is_flown):
        return False
    if not sureness:
        return True
    if text.word(start) == "tui" and text.tokens[start].written != "TUI" and before not in _SAYS_CODE_BEFORE:
        return False  # "tui" is I
    at = start - 1
    while text.word(at) in _PASSED_OVER:
        at -= 1
    if text.word(at) in _SAYS_AIRLINE_BEFORE or is_flown:
        return True
    if sureness == "!":
        return False
    is_last = (before.isdigit() or before in {".", ","}) and behind in {"", "."}  # "nov 21 hawaiian"
    is_alone = is_last or (start == 0 and behind not in {"and", "is", "to"})
    is_in_capitals = text.tokens[start].written.isupper() and not text.written.isupper()
    is_nearby = text.word(at) in _SAYS_AIRLINE_NEARBY or text.word(start - 1) in {"only", "just"}
    return is_alone or is_in_capitals or is_nearby or behind in _SAYS_AIRLINE_BEHIND


def _is_listed(text: Text, start: int, end: int, names: Vocabulary) -> bool:
    """Whether it is named beside a name that is meant as an airline's: "Emirates or Qatar", "Alaska or Hawaiian"."""
    following = names.read(text, end + 1) if text.word(end) in _LISTING else []
    if any(_is_meant(text, end + 1, stop, sureness) for (_, sureness), stop in following):
        return True
    begins = range(max(start - 1 - _LONGEST_NAME, 0), start - 1) if text.word(start - 1) in _LISTING else ()
    return any(
        stop == start - 1 and _is_meant(text, begin, stop, sureness)
        for begin in begins
        for (_, sureness), stop in names.read(text, begin)
    )


def _is_listed_code(text: Text, index: int, names: Vocabulary) -> bool:
    """ "VN hay Bamboo"."""
    is_written_as_code = text.tokens[index].written.isupper() and text.word(index + 1) in _LISTING - {","}
    return is_written_as_code and any(not sureness for (_, sureness), _ in names.read(text, index + 2))


def _is_code(text: Text, index: int) -> bool:
    """ "On UA", "hãng vn": without such a word two letters are something else."""
    before, behind = text.word(index - 1), text.word(index + 1)
    if before in {"hang", "airline", "carrier"}:
        return True
    is_in_capitals = text.tokens[index].written.isupper() and not text.written.isupper()
    is_said = (before in _SAYS_CODE_BEFORE - {"bay"} or behind in _SAYS_CODE_BEHIND) and before not in {"to", "from"}
    return is_in_capitals and is_said and len(text.word(index)) == _CODE_LENGTH
