"""The ways to fly a booking otherwise, listed and chosen from. None of them is asked about before it is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

from core.messages import Language, say
from domain.orders import ChangeQuote
from services.bookings.terms import ChangeTerms
from services.proposals.quotes import weigh_change
from tools.cards import MAX_TEXT_LINES, Card, slice_row, start_card
from tools.context import Tooling
from tools.errors import WayNumberUnknown
from tools.wording import money_text, route_text


class ListedWays(TypedDict):
    """What was listed last: the call that did, and what each number means."""

    args: dict[str, Any]
    """As they were understood, so that the same call is the same whatever was said in between."""
    count: int
    flights: list[str]


def pick_way(
    runtime: Tooling, options: Sequence[ChangeQuote], args: dict[str, Any], number: int | None
) -> ChangeQuote | None:
    """The way that is meant: the one listed under a number, or the only one there is; None where there is to choose.

    Found by its flights: what has another number by now is still itself, and what has gone is not replaced. Raises
    WayNumberUnknown.
    """
    listed: ListedWays | None = runtime.state.get("ways")
    if number is None:
        return options[0] if len(options) == 1 else None
    if listed is None or listed["args"] != args:
        return None
    if not 1 <= number <= len(listed["flights"]):
        raise WayNumberUnknown(number=number, count=len(listed["flights"]))
    return next((each for each in options if _name_way(each) == listed["flights"][number - 1]), None)


def remember_ways(options: Sequence[ChangeQuote], args: dict[str, Any]) -> ListedWays:
    return ListedWays(args=args, count=len(options), flights=[_name_way(each) for each in options])


def change_options_card(terms: ChangeTerms, reference: str | None, language: Language) -> Card:
    """Numbered, with what each costs or brings."""
    lines = [say("confirm.ways", language, reference=reference or ""), *_list_lines(terms, language)]
    if terms.simulated:
        lines.append(say("papers.simulated", language))
    return start_card("change_options", lines[:MAX_TEXT_LINES], language, simulated=terms.simulated) | {
        "booking_id": str(terms.booking_id),
        "booking_reference": reference,
        "old_slices": [slice_row(each, language) for each in terms.slices],
        "options": [_way_row(terms, option, number, language) for number, option in enumerate(terms.options, start=1)],
    }


def describe_ways(terms: ChangeTerms, reference: str | None, language: Language) -> dict[str, Any]:
    """The same for a model, in words."""
    return {
        "shown": "change_options",
        "booking_reference": reference,
        "ways": [_describe(terms, option, number, language) for number, option in enumerate(terms.options, start=1)],
        "status": say("confirm.choose_way", language),
    }


def _describe(terms: ChangeTerms, option: ChangeQuote, number: int, language: Language) -> dict[str, Any]:
    money = weigh_change(option, terms.total)
    return {
        "number": number,
        "trip": route_text(option.slices, language),
        "flights": [segment.designator for slice_ in option.slices for segment in slice_.segments],
        "to_pay": money_text(money.to_pay, language),
        "fee": money_text(money.fee, language),
        "comes_back": money_text(money.refund, language),
    }


def _list_lines(terms: ChangeTerms, language: Language) -> list[str]:
    ways = [_describe(terms, option, number, language) for number, option in enumerate(terms.options, start=1)]
    return [say("confirm.way", language, **way | {"flights": ", ".join(way["flights"])}) for way in ways]


def _way_row(terms: ChangeTerms, option: ChangeQuote, number: int, language: Language) -> Card:
    money = weigh_change(option, terms.total)
    return {
        "position": number,
        "slices": [slice_row(each, language) for each in option.slices],
        "total": money.to_pay.model_dump(),
        "fee": money.fee.model_dump(),
        "refund": money.refund.model_dump(),
    }


def _name_way(option: ChangeQuote) -> str:
    """VN123 2026-12-20T18:00, and so on: what makes it this way and no other."""
    segments = (segment for slice_ in option.slices for segment in slice_.segments)
    return " ".join(f"{each.designator} {each.departs.at_local:%Y-%m-%dT%H:%M}" for each in segments)
