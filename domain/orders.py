"""What is bought at a provider: who travels, what the order became, and what changing or cancelling it costs."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import AwareDatetime, Field, SecretStr

from domain.money import Money
from domain.offers import Baggage, BookingFlow, Condition, Slice, SliceQuery, Value
from domain.travellers import DocumentKind, Gender, TravellerType

OrderStatus = Literal["pending", "held", "booked", "ticketed", "cancelled", "failed"]
"""pending: the provider is still making it; held: seats without money; booked: paid for, tickets to come."""


class TravelDocument(Value):
    kind: DocumentKind
    number: SecretStr
    issuing_country: str
    """ISO 3166 alpha-2, like `nationality`."""
    nationality: str
    expires_on: date


class OrderTraveller(Value):
    """A traveller as the ticket names them: Latin letters, given and family name apart."""

    traveller_type: TravellerType
    given_name: str
    family_name: str
    gender: Gender
    born_on: date
    document: TravelDocument | None = None


class Contact(Value):
    """Where the airline reaches the party."""

    email: str
    phone: str
    """E.164."""


class ServiceChoice(Value):
    """A seat or a bag out of what the provider offered."""

    service_id: str
    quantity: int = Field(default=1, ge=1)


class Purchase(Value):
    """Who buys what, and how; the offer itself comes with it."""

    reference: str
    """Ours, unique per attempt; by it the order is found again where the provider can."""
    flow: BookingFlow
    travellers: tuple[OrderTraveller, ...] = Field(min_length=1)
    """Adults first, then children, then infants: the n-th infant sits with the n-th adult."""
    contact: Contact
    total: Money
    """What was agreed: the offer and every service chosen. For any other sum nothing is bought."""
    services: tuple[ServiceChoice, ...] = ()


class Ticket(Value):
    traveller: int
    """Position in the order's travellers."""
    number: str


class Order(Value):
    """An order as its provider has it now."""

    provider: str
    provider_order_id: str | None
    """None while the provider is still making the order."""
    reference: str | None
    """Ours; None where the provider does not keep it."""
    record_locator: str | None
    """The airline's PNR."""
    status: OrderStatus
    slices: tuple[Slice, ...]
    total: Money | None
    """None where the provider is still making the order."""
    pay_by: AwareDatetime | None
    """When a held order lapses."""
    tickets: tuple[Ticket, ...]
    simulated: bool


class CancellationQuote(Value):
    """What comes back when an order is given up. `refund` plus `fee` is what was paid."""

    quote_id: str
    provider_order_id: str
    refund: Money
    fee: Money
    expires_at: AwareDatetime | None


class ChangeRequest(Value):
    """New days or places for some slices of an order."""

    slices: dict[int, SliceQuery] = Field(min_length=1)
    """By position in the order."""


class ChangeQuote(Value):
    """One way to change an order."""

    quote_id: str
    provider_order_id: str
    slices: tuple[Slice, ...]
    """All slices of the order as they would be."""
    new_total: Money
    difference: Money
    """To pay, the fee included; negative where money comes back."""
    fee: Money
    expires_at: AwareDatetime


ServiceKind = Literal["checked_bag", "carry_on"]


class Service(Value):
    """A bag that can be bought with an offer."""

    service_id: str
    kind: ServiceKind
    traveller: int
    """Position among the offer's travellers: adults first, then children, then infants."""
    slices: tuple[int, ...]
    """Positions of the slices it is good for."""
    bag: Baggage
    price: Money
    """For one."""
    max_quantity: int


class FareNote(Value):
    """A paragraph of the carrier's rules, in the carrier's words."""

    title: str
    text: str


class FareRules(Value):
    """What a fare allows, as the provider tells it now."""

    refund: Condition
    change: Condition
    notes: tuple[FareNote, ...]
