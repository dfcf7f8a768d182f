"""The door to understanding: one message, read against what is known, becomes a new frame and an intent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from understanding.amounts import AmountMention, find_amounts
from understanding.bare import merge_bare_answer
from understanding.choices import ChoiceMention, find_choice, find_described, names_unseen
from understanding.date_rules import DateContext
from understanding.dates import DateMention, find_dates
from understanding.digressions import Digression, find_digression
from understanding.directions import find_direction
from understanding.draft import Draft
from understanding.filters import FilterMention, find_filters
from understanding.frame import Ambiguity, Frame, Language, SlotName
from understanding.intents import Understood, find_intent
from understanding.language import find_language
from understanding.likings import find_preference
from understanding.merge import merge_budget, merge_filters, merge_travellers
from understanding.merge_dates import merge_dates
from understanding.merge_route import date_first_leg, merge_route, split_leg_dates
from understanding.merge_times import merge_times
from understanding.open_doubts import resolve_doubts
from understanding.phrases import find_phrase, is_only, read_phrases
from understanding.pii import without_placeholders
from understanding.places import PlaceMention, find_places
from understanding.reading import Choice, Intent, Reading
from understanding.route import read_route
from understanding.route_words import RouteWords
from understanding.text import Text, read_text
from understanding.times import TimeMention, find_times
from understanding.travellers import TravellerMention, find_travellers
from understanding.typing_methods import undo_typing
from understanding.unknown_places import PLACE_SLOTS, find_unknown_places
from understanding.wishes import ME, Named, find_named, find_new_day, make_wish

DEFAULT_LANGUAGE: Language = "vi"
MOST_ANSWER_TOKENS = 3
_INCLUDING_PHRASES = (
    *("trong do", "including", "bao gom", "gom co", "family of", "gia dinh", "ca nha", "one of them", "of whom"),
    " incl ",
)
_INCLUDING = re.compile(
    r"\b\d{1,2} (?:nguoi|ng|pax|khach|thanh vien) ?,? ?(?:gom|co|ke ca|tinh ca|thi co) (?:ca )?"
    r"(?:\d|mot|hai|em be|be|tre)"
)
""" "3 người, có 1 bé": the child is one of them."""
_ASKED_ABOUT = {"checked_bag", "refundable"}
"""With offers on the screen "does it include a bag?" asks about one; it is no wish."""


class Spanned(Protocol):
    @property
    def start(self) -> int: ...

    @property
    def end(self) -> int: ...


_Mention = TypeVar("_Mention", bound=Spanned)


class Mentions(NamedTuple):
    """Everything said in a message, without overlaps."""

    places: list[PlaceMention]
    dates: list[DateMention]
    times: list[TimeMention]
    amounts: list[AmountMention]
    travellers: list[TravellerMention]
    filters: list[FilterMention]

    @property
    def has_any(self) -> bool:
        """Whether anything was said of the trip; a word that might be a place is not enough."""
        is_place_sure = any(place.is_sure for place in self.places)
        return is_place_sure or any((self.dates, self.times, self.amounts, self.travellers, self.filters))

    @property
    def taken(self) -> frozenset[int]:
        """The tokens that mean something."""
        return self.taken_by_others | _tokens_of(self.places) | _tokens_of(self.filters)

    @property
    def taken_by_others(self) -> frozenset[int]:
        """The tokens that mean something other than a place. A filter may open a route ("bay thẳng từ")."""
        return _tokens_of(self.dates) | _tokens_of(self.times) | _tokens_of(self.amounts) | _tokens_of(self.travellers)

    @property
    def place_starts(self) -> dict[int, int]:
        """The start of each place by its end."""
        return {place.end: place.start for place in self.places}


def read_message(
    text: str,
    *,
    frame: Frame,
    now: datetime,
    previous_language: Language | None = None,
    asked: AbstractSet[SlotName] = frozenset(),
    offers_shown: int = 0,
    bookings_shown: int = 0,
    offered: Ambiguity | None = None,
) -> Reading:
    """What one message means, given the frame so far.

    `now` is aware and in the traveller's zone. `asked` are the slots our last question was about, so that a bare answer
    fills one. `offers_shown` is how many offers a choice could be among; `bookings_shown` how many bookings,
    if they were shown last; `offered` what else we offered to choose from.
    Never raises, whatever the text.
    """
    if "return_on" in asked and frame.trip != "round_trip" and frame.depart_on is None and frame.depart_range is None:
        asked = asked | {"depart_on"}  # "về ngày nào?" of whoever flies home
    words = _read_words(text)
    starts_over = find_phrase(words, "start_over") and not find_phrase(words, "account")
    before = Frame() if starts_over else frame
    mentions = find_mentions(words, find_language(words, previous=previous_language) or DEFAULT_LANGUAGE)
    language = _find_language_around(words, mentions.places, previous_language) or DEFAULT_LANGUAGE
    draft = Draft(before, language, now.date(), asked, offered)

    named = find_named(words, bookings_shown)
    if named.seats:  # "ghế 7H" is no hour
        mentions = mentions._replace(times=[one for one in mentions.times if _tokens_of([one]).isdisjoint(named.seats)])
    choice = None if offered or named.booking else _find_offer_choice(words, mentions, before, offers_shown)
    said = named.booking or choice
    pointing: Sequence[Spanned] = (said,) if said else _find_pointing(words)
    for pointed in pointing:
        mentions = _without(mentions, pointed)
    if choice or (find_phrase(words, "book_now") and not (mentions.places or mentions.dates)):
        mentions = _without_named(mentions, named)
    if (offers_shown and _is_yes_no_question(words)) or _asks_for_rules(words, mentions, offers_shown):
        mentions = mentions._replace(filters=[one for one in mentions.filters if one.field not in _ASKED_ABOUT])
    digression = _find_digression(words, mentions, named, is_of_bookings=bookings_shown > 0)
    if digression is None and "new_day" in asked and mentions.dates and not mentions.places:
        digression = Digression("change", 1.0)
    elif digression is None and before == Frame() and is_only(words, ("add_person",)):
        digression = Digression("add_passenger", 1.0)  # where a trip is planned it is one more to fly
    if digression is None:
        if resolve_doubts(draft, words, mentions.dates, mentions.places, mentions.travellers):
            mentions = mentions._replace(dates=[], places=[], travellers=[])
            if mentions.has_any:
                _merge(draft, words, mentions)
        else:
            _merge(draft, words, mentions)
    after, changed = draft.finish()
    if starts_over:
        changed = tuple(field for field in Frame.model_fields if getattr(after, field) != getattr(frame, field))
    understood = Understood(
        has_changed=bool(changed) or after != before,
        # as long as nobody says how many travel, a search is for one
        takes_back=any(getattr(before, field) not in (None, ()) for field in changed)
        or ("adults" in changed and _is_known(before)),
        names_route={"origin", "destination"} <= set(changed),
        choice=choice.choice if choice else None,
        was_known=_is_known(before),
        was_begun=before != Frame(),
        names_unseen=not (offers_shown or mentions.places or mentions.dates) and names_unseen(words),
        offers_shown=offers_shown,
        has_content=mentions.has_any and digression is None,
        names_day=bool(mentions.dates),
        names_limit=bool(mentions.amounts or mentions.times),
        is_thin=before == Frame() and not (asked or mentions.places),
        digression=digression,
        names_booking=named.booking is not None,
        names_extras=bool(named.seats or named.bags),
        names_party=bool(named.travellers) and (named.travellers != (ME,) or find_phrase(words, "for_us")),
    )
    intent = find_intent(words, understood)
    preference = find_preference(words, intent.name, mentions.filters, mentions.places)
    if intent.name == "preferences" and preference and preference.value is not None and not _is_yes_no_question(words):
        intent = Intent(name="remember", confidence=intent.confidence)
    days = mentions.dates if intent.name == "change" else []
    new_day = find_new_day(words, days, DateContext(now.date(), day_first=language != "en"))
    return Reading(
        language=language,
        intent=intent,
        frame=after,
        changed=changed,
        choice=understood.choice,
        wish=make_wish(words, intent.name, named, choice=understood.choice, day=new_day, preference=preference),
    )


def read_language(text: str, *, previous: Language | None = None) -> Language | None:
    """The language of a message in a conversation that was in `previous`: names of places do not count.

    None when neither tells.
    """
    words = _read_words(text)
    return _find_language_around(words, find_places(words, previous or DEFAULT_LANGUAGE), previous)


def find_mentions(words: Text, language: Language) -> Mentions:
    """Read every kind of thing; where two readings overlap the longer one holds."""
    dates, amounts, travellers, filters = (
        find_dates(words),
        find_amounts(words),
        find_travellers(words),
        find_filters(words),
    )
    places = find_places(words, language)
    kept = _longest([*filters, *travellers, *amounts, *dates, *places])
    dates = _kept(dates, kept)
    spans = [(mention.start, mention.end) for mention in dates]
    times = find_times(words, spans)
    taken = _tokens_of([mention for mention in kept if not isinstance(mention, DateMention)])
    return Mentions(
        places=_kept(places, kept),
        dates=[mention for mention in dates if not _is_inside_longer(mention, times)],
        times=[time for time in times if taken.isdisjoint(range(time.start, time.end))],
        amounts=_kept(amounts, kept),
        travellers=[one for one in _kept(travellers, kept) if not _is_per_person(words, one, amounts)],
        filters=_kept(filters, kept),
    )


def _read_words(text: str) -> Text:
    return undo_typing(read_text(without_placeholders(text)))


def _find_language_around(words: Text, places: list[PlaceMention], previous: Language | None) -> Language | None:
    """The language of the other words; of all of them, where there are no others.

    A mere "yes" or "done" stays in the conversation's: such words are said in every language.
    """
    is_short = len(words.tokens) <= MOST_ANSWER_TOKENS and not any(token.marks for token in words.tokens)
    if previous and is_short and is_only(words, ("yes", "yes_like", "no", "done")):
        return previous
    return find_language(words, _tokens_of(places), previous) or find_language(words)


def _merge(draft: Draft, words: Text, mentions: Mentions) -> None:
    taken = mentions.taken_by_others
    route_words = RouteWords(words, taken | _tokens_of(mentions.places))
    others = find_unknown_places(words, mentions.places, mentions.taken, draft.asked, route_words)
    places = sorted((*mentions.places, *others), key=lambda place: place.start)
    route = read_route(words, places, route_words, is_asked=bool(draft.asked & PLACE_SLOTS))
    merge_filters(draft, mentions.filters)
    merge_route(draft, route, is_mistake=find_phrase(words, "mistake"))
    mentions = mentions._replace(dates=split_leg_dates(draft, route, mentions.dates))
    directions = [
        find_direction(words, mention, mentions.place_starts, comes_home=route.comes_home) for mention in mentions.dates
    ]
    merge_dates(draft, words, mentions.dates, directions)
    date_first_leg(draft)
    merge_times(draft, words, mentions.times, mentions.dates, directions)
    merge_travellers(draft, mentions.travellers, includes=_includes_children(words))
    if mentions.has_any:
        draft.settle("budget")  # whoever goes on with the trip instead of answering is not held up by a guess
    merge_budget(draft, mentions.amounts)
    if not mentions.has_any:
        merge_bare_answer(draft, words)


def _find_digression(words: Text, mentions: Mentions, named: Named, *, is_of_bookings: bool) -> Digression | None:
    """ "What is the weather in Hue tomorrow" says nothing about the trip."""
    return find_digression(
        words,
        sum(place.is_sure and place.name.kind != "country" for place in mentions.places),
        has_dates=bool(mentions.dates),
        has_wishes=bool(mentions.filters or mentions.times or mentions.travellers or mentions.amounts),
        names_booking=named.booking is not None,
        is_of_bookings=is_of_bookings,
    )


def _is_known(frame: Frame) -> bool:
    """Whether where from, where to and when are known and beyond doubt, so that saying more of it varies the trip."""
    is_in_doubt = {"origin", "destination", "depart_on"} & {doubt.field for doubt in frame.ambiguous}
    return None not in (frame.origin, frame.destination, frame.depart_on) and not is_in_doubt


def _find_offer_choice(words: Text, mentions: Mentions, frame: Frame, shown: int) -> ChoiceMention | None:
    """One of the offers, unless a doubt is open or the message asks for another search."""
    if frame.ambiguous:
        return None
    found = find_described(words, mentions.times, shown) or find_choice(words, shown)
    if found and found.choice.best_by and find_phrase(words, "order_first"):
        return None
    named: list[Spanned] = [*mentions.places, *mentions.dates]
    is_beyond = found is not None and (found.choice.position or 0) > shown  # of three flights "the twelfth" is a day
    if any(find_direction(words, date, mentions.place_starts) == "back" for date in mentions.dates):
        return None  # "and return on the 5th"
    is_new_search = any(is_beyond or not (found and _is_inside(mention, found)) for mention in named)
    return None if is_new_search else found


def _find_pointing(words: Text) -> list[ChoiceMention]:
    """The words that point at an offer without saying which: the "one" of "I'll take that one" counts nobody."""
    return [ChoiceMention(start, end, Choice()) for start, end in read_phrases(words).spans.get("that_one", ())]


def _is_inside(mention: Spanned, choice: ChoiceMention) -> bool:
    """ "The second" may be a day; "the second one" is none, and "Tuesday the 22nd" is no choice."""
    return _overlap(mention, choice) and mention.end - mention.start <= choice.end - choice.start


def _asks_for_rules(words: Text, mentions: Mentions, shown: int) -> bool:
    """ "Can I get a refund?" asks; with a trip in the same message it is a wish, as long as nothing is shown."""
    return find_phrase(words, "fare_rules") and (shown > 0 or not (mentions.places or mentions.dates))


def _is_yes_no_question(words: Text) -> bool:
    return words.word(len(words.tokens) - 1) in {"?", "khong", "ko", "k", "hong", "chua"}


def _without_named(mentions: Mentions, named: Named) -> Mentions:
    """Who flies and what is paid for with an offer taken change no search: "book number 2 for my wife and me"."""
    filters = [one for one in mentions.filters if not (named.bags and one.field == "checked_bag")]
    return mentions._replace(filters=filters, travellers=[] if named.travellers else mentions.travellers)


def _without(mentions: Mentions, choice: Spanned) -> Mentions:
    """What is left when the words of the choice are taken: "the cheapest one" is no wish for another order."""
    return mentions._replace(
        places=[one for one in mentions.places if not _overlap(one, choice)],
        dates=[one for one in mentions.dates if not _overlap(one, choice)],
        times=[one for one in mentions.times if not _overlap(one, choice)],
        amounts=[one for one in mentions.amounts if not _overlap(one, choice)],
        travellers=[one for one in mentions.travellers if not _overlap(one, choice)],
        filters=[one for one in mentions.filters if not _overlap(one, choice)],
    )


def _is_per_person(words: Text, mention: TravellerMention, amounts: list[AmountMention]) -> bool:
    """ "1tr5 một người" is a price each, not a number of travellers."""
    starts = {mention.start, mention.start - 1 if words.word(mention.start - 1) in {"/", "moi"} else mention.start}
    return (mention.field, mention.number) == ("total", 1) and any(amount.end in starts for amount in amounts)


def _includes_children(words: Text) -> bool:
    """Whether the total said counts the children too."""
    is_said = any(phrase in words.folded for phrase in _INCLUDING_PHRASES)
    return is_said or _INCLUDING.search(words.folded) is not None


def _tokens_of(mentions: Sequence[Spanned]) -> frozenset[int]:
    return frozenset(index for mention in mentions for index in range(mention.start, mention.end))


def _longest(mentions: Sequence[Spanned]) -> list[Spanned]:
    kept: list[Spanned] = []
    taken: set[int] = set()
    for mention in sorted(mentions, key=_rank):
        tokens = set(range(mention.start, mention.end))
        if not tokens & taken or any(isinstance(mention, PlaceMention) and _same_span(mention, one) for one in kept):
            kept.append(mention)
            taken |= tokens
    return kept


def _rank(mention: Spanned) -> tuple[int, bool, int]:
    """The longest first; of equal ones a place of several words: "bay Con Dao" is no seven children."""
    length = mention.end - mention.start
    return -length, not (isinstance(mention, PlaceMention) and length > 1), mention.start


def _kept(mentions: list[_Mention], kept: list[Spanned]) -> list[_Mention]:
    chosen = {id(mention) for mention in kept}
    return [mention for mention in mentions if id(mention) in chosen]


def _same_span(a: Spanned, b: Spanned) -> bool:
    """Two codes written as one word share it."""
    return isinstance(b, PlaceMention) and (a.start, a.end) == (b.start, b.end)


def _overlap(a: Spanned, b: Spanned) -> bool:
    return a.start < b.end and b.start < a.end


def _is_inside_longer(mention: Spanned, times: list[TimeMention]) -> bool:
    length = mention.end - mention.start
    return any(_overlap(mention, time) and time.end - time.start > length for time in times)
