"""What code says itself, without asking a model: about cards, their answers, and what came of a yes.

Every function gives the whole text of a reply. Facts are plain: amounts, times, routes and references are texts that
are said as they are, and a missing one is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from core.messages import Language, find_key, format_money, is_worth_something, say
from graph.state import PendingReason

Facts = Mapping[str, Any]

_WORLDS = {"simulated": "replies.simulated", "test": "replies.test_mode"}


def after_write(tool: str, facts: Facts, language: Language) -> str:
    """What a write tool did, from the facts it answered with.

    `facts["shown"]` is "confirm" where a card asks for a yes (see `card_shown`), "change_options" where `ways` are to
    be chosen from, and "payment" for a link with `amount`, `method`, `booking_reference`, `pay_before` and `note`. Any
    other tool tells in `done`, `message` or `status` what it did.
    """
    match facts.get("shown"):
        case "confirm":
            return card_shown(facts, language)
        case "change_options":
            return _join([say("said.change_options", language, count=len(facts["ways"]))], facts, language)
        case "payment":
            return _payment_link(facts, language)
    done = next((facts[name] for name in ("done", "message", "status", "note") if facts.get(name)), None)
    return str(done or say("said.done" if tool != "ask_a_person" else "said.person_asked", language))


def card_shown(facts: Facts, language: Language) -> str:
    """What the card asks, and that nothing happens before a yes.

    `action`; for bookings `trip`, `booking_reference`, `to_pay`, `fee`, `comes_back`, and optionally `price_note`,
    `warnings` (sentences) and `world`; for the others `question` and `notes`, all sentences.
    """
    told = [facts["price_note"]] if facts.get("price_note") else []
    told += [_question_text(facts, language), *facts.get("warnings", ()), *facts.get("notes", ())]
    return _join([*told, say(f"said.consent.{facts['action']}", language)], facts, language)


def after_approval(outcome: Facts, language: Language) -> str:
    """What came of a yes.

    `action`, and where a booking was made or moved: its `phase` (domain/bookings.py) as it is after up to 8 s, `reason`
    (its sentence), `booking_reference`, `to_pay` (due now, None when nothing is), `pay_by`, `refund` (None when nothing
    comes back), `email_sent`, `simulated`. For "calendar" `is_written`, unless it is not known yet.
    """
    match outcome["action"]:
        case "book":
            told = _after_booking(outcome, language)
        case "cancel":
            told = _after_cancellation(outcome, language)
        case "change":
            told = _after_change(outcome, language)
        case "calendar" if outcome.get("is_written"):
            told = [say("google_calendar.added", language)]
        case action:
            told = [say(f"said.done.{action}", language)]
    if outcome.get("email_sent"):
        told.append(say("said.letter_sent", language))
    return _join(told, outcome, language)


def after_decline(action: str, language: Language, *, offers_shown: bool) -> str:
    """The no is taken. What is booked stays as it is, and what was found is still there."""
    told = [say(f"said.declined.{action}", language)]
    if action == "book" and offers_shown:
        told.append(say("said.search_kept", language))
    return " ".join(told)


def card_refused(code: str, params: Facts, language: Language) -> str:
    """Why an answer to a card did not count, by the code of the error; nothing has happened."""
    return f"{say(f'errors.{code}', language, **params)} {say('said.nothing_done', language)}"


def card_expired(action: str, language: Language) -> str:
    """The answer came too late."""
    return say("said.expired.book" if action == "book" else "said.expired", language)


def card_closed(status: Literal["approved", "declined", "void"], language: Language) -> str:
    """A card that was answered before, or that a newer one took the place of."""
    return say(f"said.closed.{status}", language)


def card_replaced(facts: Facts, language: Language) -> str:
    """A new card stands in place of the one agreed to, and wants a yes of its own.

    The facts of the new card (see `card_shown`); where the price rose also `previous_price`, `total_price`,
    `price_difference` and `currency`, the first three as decimals.
    """
    if "price_difference" in facts:
        names = {"previous": "previous_price", "now": "total_price", "difference": "price_difference"}
        amounts = {name: format_money(facts[key], facts["currency"], language) for name, key in names.items()}
        return _join([say("said.price_risen", language, **amounts)], facts, language)
    told = [say("said.terms_changed", language), _question_text(facts, language)]
    return _join([*told, say(f"said.consent.{facts['action']}", language)], facts, language)


def look_again(language: Language) -> str:
    """A yes came when the card was no longer the last thing shown: the card is shown again below."""
    return say("said.look_again", language)


def step_needed(reason: PendingReason, language: Language) -> str:
    """What the traveller has to do on the card before what they asked for goes on."""
    return say(f"said.needed.{reason}", language)


def put_aside(language: Language) -> str:
    """What waited for a step of the traveller's is dropped."""
    return say("said.put_aside", language)


def _question_text(facts: Facts, language: Language) -> str:
    if "question" in facts:
        return str(facts["question"])
    money = ", ".join(_money_parts(facts, language))
    name = _name(facts, language)
    return say(f"said.card.{facts['action']}", language, trip=facts["trip"], booking=name, money=money)


def _after_booking(outcome: Facts, language: Language) -> list[str]:
    phase = outcome["phase"]
    told = [_phase_text(outcome, phase, language)]
    if phase == "failed":
        told += [*_reason(outcome), say("said.not_charged", language)]
    elif phase in ("held", "paying"):
        told.append(say("said.how_to_pay", language))
    return told


def _after_cancellation(outcome: Facts, language: Language) -> list[str]:
    phase = outcome["phase"]
    told = [_phase_text(outcome, phase, language)]
    if phase in ("refunding", "refunded", "cancelled"):
        return [*told, _refund_text(outcome, language)]
    return told if phase in ("cancelling", "releasing", "needs_review") else [*told, *_reason(outcome)]


def _after_change(outcome: Facts, language: Language) -> list[str]:
    phase = outcome["phase"]
    if phase == "ticketed" and is_worth_something(outcome.get("to_pay")):
        return [_phase_text(outcome, "agreed", language), say("said.how_to_pay", language)]
    if phase == "ticketed":
        # the reason says whether it was changed
        told = _reason(outcome) or [_phase_text(outcome, phase, language)]
        return [*told, _refund_text(outcome, language)] if outcome.get("refund") else told
    return [_phase_text(outcome, phase, language)]


def _refund_text(outcome: Facts, language: Language) -> str:
    refund = outcome.get("refund")
    if outcome["phase"] == "cancelled" or not is_worth_something(refund):
        # that money comes back is never denied where it is only not known how much
        is_known = outcome["phase"] == "cancelled"
        return say("said.nothing_to_refund" if is_known else "said.refund_somehow", language)
    return say("said.refund_done" if outcome["phase"] == "refunded" else "said.refund_open", language, refund=refund)


def _phase_text(outcome: Facts, phase: str, language: Language) -> str:
    """What has become of a booking; `other` for a phase that is no usual end of the action."""
    action = outcome["action"]
    return say(
        find_key(language, f"said.{action}.{phase}") or f"said.{action}.other",
        language,
        booking=_name(outcome, language),
        amount=outcome.get("to_pay"),
        pay_by=outcome.get("pay_by"),
    )


def _reason(outcome: Facts) -> list[str]:
    return [outcome["reason"]] if outcome.get("reason") else []


def _payment_link(facts: Facts, language: Language) -> str:
    told = say(
        "said.payment_link",
        language,
        method=facts["method"],
        amount=facts["amount"],
        booking=_name(facts, language),
    )
    until = [say("said.pay_before", language, time=facts["pay_before"])] if facts.get("pay_before") else []
    simulated = [say("payment_return.simulated", language)] if facts.get("simulated") else []
    return " ".join([told, *until, facts["note"], *simulated])


def _money_parts(facts: Facts, language: Language) -> list[str]:
    """What a change or cancellation costs and gives back; of a booking only its price."""
    to_pay, fee, back = (facts.get(name) for name in ("to_pay", "fee", "comes_back"))
    if facts["action"] == "book":
        return [say("said.money.to_pay", language, amount=to_pay)]
    parts = [say("said.money.to_pay", language, amount=to_pay)] if is_worth_something(to_pay) else []
    has_fee, gives_back = is_worth_something(fee), is_worth_something(back)
    parts.append(say("said.money.fee" if has_fee else "said.money.no_fee", language, amount=fee))
    if gives_back or facts["action"] == "cancel":
        parts.append(say("said.money.back" if gives_back else "said.money.none_back", language, amount=back))
    return parts


def _name(facts: Facts, language: Language) -> str:
    reference = facts.get("booking_reference")
    return say("said.booking" if reference else "said.this_booking", language, reference=reference)


def _join(told: list[str], facts: Facts, language: Language) -> str:
    world = _WORLDS.get(facts.get("world") or ("simulated" if facts.get("simulated") else "live"))
    return " ".join([*told, say(world, language)] if world else told)
