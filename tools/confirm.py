"""The card that asks for a yes: read from the proposal and our own rows, with nothing in it that a model wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from core.messages import Language, say
from db.models import BookingPassenger, Proposal
from domain.airlines import airline_name
from domain.money import Money
from domain.offers import Condition, Slice
from services.bookings.extras import ChosenService
from services.bookings.party import KnownTraveller, TicketName
from services.proposals.wording import ask_text
from tools.cards import Card, condition_row, instant_row, slice_row, start_card
from tools.extras import service_row, service_text
from tools.wording import condition_text, moment_text, money_text, name_text, provider_name, route_text


@dataclass(frozen=True, slots=True)
class Question:
    """A proposal with what its quote only refers to."""

    proposal: Proposal
    travellers: Sequence[TicketName | BookingPassenger]
    """In the order of the purchase."""
    provider: str
    booking_reference: str | None = None
    """The PNR of what is to be changed or cancelled."""

    @property
    def quote(self) -> dict[str, Any]:
        return self.proposal.quote

    @property
    def slices(self) -> list[Slice]:
        """To be booked, given up, or flown instead."""
        return [Slice.model_validate(each) for each in self.quote["slices"]]

    @property
    def services(self) -> list[ChosenService]:
        return [ChosenService.model_validate(each) for each in self.quote.get("services", [])]

    @property
    def amount(self) -> Money:
        """To pay; zero where nothing is."""
        return self._money("amount_minor")

    @property
    def fee(self) -> Money:
        """Kept for changing or giving up."""
        return self._money("fee_minor")

    @property
    def refund(self) -> Money:
        """What comes back."""
        return self._money("refund_minor")

    def find_condition(self, name: str) -> Condition | None:
        found = self.quote.get("conditions", {}).get(name)
        return Condition.model_validate(found) if found else None

    def _money(self, name: str) -> Money:
        return Money(amount_minor=self.quote.get(name, 0), currency=self.quote["currency"])


@dataclass(frozen=True, slots=True)
class AccountQuestion:
    """A proposal about something else than a purchase, with what its quote only refers to."""

    proposal: Proposal
    holder: KnownTraveller | None = None
    """Whose document it is."""
    booking_reference: str | None = None
    """The PNR of what is to be written down."""

    @property
    def slices(self) -> list[Slice]:
        return [Slice.model_validate(each) for each in self.proposal.quote.get("slices", [])]


def confirm_card(question: Question | AccountQuestion, zone: tzinfo | None, language: Language) -> Card:
    """Has the same fields for every purchase, change and cancellation, and fewer for what is none."""
    proposal = question.proposal
    if isinstance(question, Question):
        lines, fields = _list_lines(question, zone, language), _trip_fields(question, language)
    else:
        lines, fields = _list_account_lines(question, zone, language), _account_fields(question, language)
    card = start_card("confirm", lines, language, simulated=proposal.quote["simulated"])
    asked = {
        "proposal_id": str(proposal.id),
        "quote_hash": proposal.quote_hash,
        "action": proposal.action,
        "expires_at": instant_row(proposal.expires_at),
    }
    return card | asked | fields


def _trip_fields(question: Question, language: Language) -> Card:
    quote = question.quote
    refund_rule, change_rule = question.find_condition("refund"), question.find_condition("change")
    return {
        "offer_id": quote.get("offer_id"),
        "booking_id": quote.get("booking_id"),
        "booking_reference": question.booking_reference,
        "slices": [slice_row(each, language) for each in question.slices],
        "old_slices": [slice_row(Slice.model_validate(each), language) for each in quote.get("old_slices", [])],
        "travellers": [traveller_row(each) for each in question.travellers],
        "fare_brand": quote.get("fare_brand"),
        "cabin": quote.get("cabin"),
        "services": [service_row(each) for each in question.services],
        "total": question.amount.model_dump(),
        "fee": question.fee.model_dump(),
        "refund": question.refund.model_dump(),
        "refund_rule": condition_row(refund_rule) if refund_rule else None,
        "change_rule": condition_row(change_rule) if change_rule else None,
        "payee": payee_text(question),
        "warnings": warning_rows(quote.get("warnings", []), language),
    }


def _account_fields(question: AccountQuestion, language: Language) -> Card:
    quote, holder = question.proposal.quote, question.holder
    shown = ("booking_id", "kind", "value", "issuing_country", "expires_in", "address")
    fields: Card = {name: quote[name] for name in shown if name in quote}
    if question.slices:
        fields["booking_reference"] = question.booking_reference
        fields["slices"] = [slice_row(each, language) for each in question.slices]
    if holder is not None:
        fields["traveller"] = {"given_name": holder.given_name, "family_name": holder.family_name}
    return fields


def describe_question(question: Question | AccountQuestion, zone: tzinfo | None, language: Language) -> dict[str, Any]:
    """The same for a model, in words."""
    proposal = question.proposal
    told = {
        "shown": "confirm",
        "action": proposal.action,
        "booking_reference": question.booking_reference,
        "expires": moment_text(proposal.expires_at, zone, language),
        "status": say("confirm.waiting", language),
    }
    if isinstance(question, AccountQuestion):
        trip = route_text(question.slices, language) if question.slices else None
        return told | {"trip": trip, "question": ask_text(proposal, language)}
    return told | {
        "trip": route_text(question.slices, language),
        "flights": [segment.designator for slice_ in question.slices for segment in slice_.segments],
        "travellers": [ticket_name(each) for each in question.travellers],
        "seats_and_bags": [service_text(each, language) for each in question.services],
        "to_pay": money_text(question.amount, language),
        "fee": money_text(question.fee, language),
        "comes_back": money_text(question.refund, language),
        "warnings": [row["message"] for row in warning_rows(question.quote.get("warnings", []), language)],
    }


def traveller_row(traveller: TicketName | BookingPassenger) -> Card:
    return {
        "given_name": traveller.given_name,
        "family_name": traveller.family_name,
        "traveller_type": traveller.traveller_type,
    }


def ticket_name(traveller: TicketName | BookingPassenger) -> str:
    """The family name first, as on the ticket."""
    return f"{traveller.family_name}/{traveller.given_name}"


def payee_text(question: Question) -> str:
    """The airline, and through whom its seats are sold."""
    airline = airline_name(question.slices[0].segments[0].carrier)
    return f"{airline} ({provider_name(question.provider)})"


def warning_rows(codes: Sequence[str], language: Language) -> list[Card]:
    return [{"code": code, "message": say(f"warnings.{code}", language)} for code in codes]


def _until_text(proposal: Proposal, zone: tzinfo | None, language: Language) -> str:
    return say("confirm.until", language, time=moment_text(proposal.expires_at, zone, language))


def _list_lines(question: Question, zone: tzinfo | None, language: Language) -> list[str]:
    action, quote = question.proposal.action, question.quote
    lines = [
        say(f"confirm.{action}", language, reference=question.booking_reference or ""),
        route_text(question.slices, language),
        say("confirm.travellers", language, names=", ".join(ticket_name(each) for each in question.travellers)),
        *(service_text(each, language) for each in question.services),
        *_list_money(question, language),
        _until_text(question.proposal, zone, language),
        *(row["message"] for row in warning_rows(quote.get("warnings", []), language)),
    ]
    return [*lines, say("papers.simulated", language)] if quote["simulated"] else lines


def _list_account_lines(question: AccountQuestion, zone: tzinfo | None, language: Language) -> list[str]:
    proposal, holder = question.proposal, question.holder
    lines = [ask_text(proposal, language)]
    if holder is not None:
        name = name_text(holder.given_name, holder.family_name, language)
        lines.append(say("confirm.document_of", language, name=name))
    if proposal.action == "change_email":
        lines.append(say("confirm.change_email_how", language))
    if proposal.quote["simulated"]:
        lines.append(say("calendar.page.simulated", language))
    return [*lines, _until_text(proposal, zone, language)]


def _list_money(question: Question, language: Language) -> list[str]:
    lines = []
    if question.amount.amount_minor or question.proposal.action != "cancel":
        payee, amount = payee_text(question), money_text(question.amount, language)
        lines.append(say("confirm.to_pay", language, amount=amount, payee=payee))
    if question.proposal.action == "book":
        rules = {name: question.find_condition(name) or Condition(allowed=None) for name in ("refund", "change")}
        texts = {name: condition_text(rule, language) for name, rule in rules.items()}
        return [*lines, say("confirm.rules", language, **texts)]
    fee, refund = money_text(question.fee, language), money_text(question.refund, language)
    return [*lines, say("confirm.comes_back", language, fee=fee, refund=refund)]
