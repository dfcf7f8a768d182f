"""What code says of cards, answers and what came of them."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from core.messages import Language
from core.messages.catalogue import LANGUAGES
from db.models.proposals import ProposalAction
from domain.bookings import PHASES
from graph import sentences

QUESTION: dict[str, Any] = {
    "shown": "confirm",
    "action": "book",
    "booking_reference": None,
    "trip": "Hanoi (HAN) → Da Nang (DAD), Sunday 20 December 2026 08:00–09:25",
    "to_pay": "₫1,000,000",
    "fee": "₫0",
    "comes_back": "₫0",
    "warnings": [],
    "world": "live",
    "price_note": None,
}
ASKED = {"shown": "confirm", "question": "Remember “window seat” for you?", "notes": ["You can drop it."]}
OUTCOME: dict[str, Any] = {
    "action": "book",
    "phase": "held",
    "booking_reference": "QX7K2M",
    "reason": None,
    "to_pay": "₫1,000,000",
    "pay_by": "10:00 Saturday 21 November 2026",
    "refund": None,
}
YES_WORDS = {"vi": "“đồng ý”", "en": "“yes”"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", get_args(ProposalAction))
def test_every_card_is_put_with_what_agrees_to_it(action: str, language: Language) -> None:
    facts = QUESTION if action in ("book", "cancel", "change") else ASKED
    text = sentences.after_write("propose", facts | {"action": action}, language)
    assert YES_WORDS[language] in text
    assert "None" not in text
    if facts is ASKED:
        assert "window seat" in text
        assert "You can drop it." in text


def test_card_names_what_is_to_pay_what_is_kept_and_what_comes_back() -> None:
    book = sentences.card_shown(QUESTION, "en")
    assert "**₫1,000,000** to pay. If it is right" in book
    assert "nothing is booked until you do" in book
    cancel = QUESTION | {"action": "cancel", "booking_reference": "QX7K2M", "to_pay": "₫0"}
    assert "**QX7K2M**: no fee, nothing comes back." in sentences.card_shown(cancel, "en")
    kept = cancel | {"fee": "₫350,000", "comes_back": "₫650,000"}
    assert "a fee of **₫350,000**, **₫650,000** comes back" in sentences.card_shown(kept, "en")
    change = QUESTION | {"action": "change", "fee": "₫350,000"}
    assert "**₫1,000,000** to pay, a fee of **₫350,000**." in sentences.card_shown(change, "en")


def test_card_says_that_the_price_moved_what_may_spoil_the_trip_and_that_it_is_play() -> None:
    facts = {"price_note": "It rose.", "warnings": ["Passport ends soon."], "world": "simulated"}
    text = sentences.card_shown(QUESTION | facts, "en")
    assert text.startswith("It rose.")
    assert "Passport ends soon." in text
    assert text.endswith("(Flights and prices here are simulated.)")


def test_other_writes_say_what_they_did() -> None:
    link = {"shown": "payment", "method": "MoMo", "amount": "₫1,000,000", "pay_before": "10:00", "note": "Pay there."}
    text = sentences.after_write("start_payment", link | {"booking_reference": "QX7K2M", "simulated": True}, "en")
    assert text == (
        "Here is the MoMo link to pay **₫1,000,000** for booking **QX7K2M**. Please pay before **10:00**. "
        "Pay there. A simulated payment: no money moves."
    )
    ways = {"shown": "change_options", "ways": [{}, {}], "status": "The list is shown.", "world": "live"}
    assert "2 flights" in sentences.after_write("propose_change", ways, "en")
    assert sentences.after_write("resend_confirmation", {"done": "Sent again."}, "en") == "Sent again."
    assert sentences.after_write("unheard_of", {}, "en") == "That is done."


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", ["book", "cancel", "change"])
def test_every_phase_a_booking_can_be_in_has_words(action: str, language: Language) -> None:
    for phase in PHASES:
        text = sentences.after_approval(OUTCOME | {"action": action, "phase": phase}, language)
        assert text
        assert "None" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("action", get_args(ProposalAction))
def test_every_action_has_words_for_its_yes_and_its_no(action: str, language: Language) -> None:
    assert sentences.after_approval(OUTCOME | {"action": action}, language)
    assert sentences.after_decline(action, language, offers_shown=True)
    assert sentences.card_expired(action, language)


def test_held_seats_are_told_with_reference_amount_time_and_letter() -> None:
    text = sentences.after_approval(OUTCOME | {"email_sent": True, "simulated": True}, "en")
    for words in (
        "**QX7K2M**",
        "**₫1,000,000**",
        "**10:00 Saturday 21 November 2026**",
        "“pay”",
        "e-mail",
        "simulated",
    ):
        assert words in text


@pytest.mark.parametrize(
    ("changes", "words", "unsaid"),
    [
        ({"phase": "paying"}, "holds no seats", "are held"),
        ({"phase": "holding"}, "has not answered yet", "₫"),
        (
            {"phase": "failed", "reason": "The flight is sold out."},
            "The flight is sold out. Nothing has been charged",
            "₫",
        ),
        ({"phase": "needs_review"}, "don't book or pay again", "₫"),
        ({"action": "cancel", "phase": "cancelled"}, "nothing to refund", "₫"),
        ({"action": "cancel", "phase": "refunding", "refund": "₫650,000"}, "**₫650,000** is on its way", "nothing"),
        ({"action": "cancel", "phase": "refunding"}, "The refund is going back", "nothing"),
        ({"action": "cancel", "phase": "refunded", "refund": "₫650,000"}, "**₫650,000** has gone back", "nothing"),
        ({"action": "cancel", "phase": "cancelling"}, "has not answered yet", "Cancelled"),
        ({"action": "cancel", "phase": "ticketed", "reason": "The fee has risen."}, "Not cancelled", "refund"),
        ({"action": "change", "phase": "ticketed"}, "Pay **₫1,000,000** by", "Changed"),
        ({"action": "change", "phase": "ticketed", "to_pay": None}, "Changed: booking **QX7K2M**", "Pay"),
        (
            {"action": "change", "phase": "ticketed", "to_pay": None, "reason": "Not changed."},
            "Not changed.",
            "Changed:",
        ),
        ({"action": "change", "phase": "changing", "to_pay": None}, "has not answered yet", "Changed"),
        ({"action": "calendar", "is_written": True}, "are in your calendar", "being written"),
        ({"action": "calendar"}, "being written", "are in your calendar"),
    ],
)
def test_what_came_of_a_yes_is_told_and_nothing_more(changes: dict[str, Any], words: str, unsaid: str) -> None:
    text = sentences.after_approval(OUTCOME | changes, "en")
    assert words in text
    assert unsaid not in text


def test_risen_price_is_told_with_both_amounts_and_the_difference() -> None:
    risen = {"total_price": "1090000", "previous_price": "1000000", "price_difference": "90000", "currency": "VND"}
    text = sentences.card_replaced(QUESTION | risen, "vi")
    for amount in ("1.000.000", "1.090.000", "90.000"):
        assert f"**{amount}\N{NO-BREAK SPACE}₫**" in text
    assert YES_WORDS["vi"] in text
    other_terms = sentences.card_replaced(QUESTION, "vi")
    assert "₫1,000,000" in other_terms
    assert YES_WORDS["vi"] in other_terms


def test_no_keeps_what_was_found() -> None:
    assert "still here" in sentences.after_decline("book", "en", offers_shown=True)
    assert "still here" not in sentences.after_decline("book", "en", offers_shown=False)
    assert "stands as it is" in sentences.after_decline("cancel", "en", offers_shown=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_answers_that_do_not_count_say_that_nothing_happened(language: Language) -> None:
    nothing = {"vi": ("chưa có gì", "không"), "en": ("nothing", "won't", "no longer")}[language]
    told = [
        sentences.card_refused("quote_mismatch", {}, language),
        sentences.card_expired("book", language),
        sentences.card_expired("cancel", language),
        sentences.look_again(language),
        *(sentences.card_closed(status, language) for status in ("approved", "declined", "void")),
    ]
    assert all(any(word in text.lower() for word in nothing) for text in told)
    assert len(set(told)) == len(told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_step_has_words_of_its_own(language: Language) -> None:
    assert len({sentences.step_needed(reason, language) for reason in ("sign_in", "passenger_form")}) == 2
