"""Orders of the simulated Amadeus: reading what is bought, and writing what was."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError

from core.clock import clock
from domain.money import Money
from domain.offers import Condition, Conditions, FlightOffer, PricePart, Value
from domain.orders import Contact, Order, OrderTraveller, Purchase, ServiceChoice, TravelDocument
from domain.travellers import DocumentKind, Gender
from providers.sandbox.amadeus_asks import Ask, Traveler, in_purchase_order
from providers.sandbox.amadeus_errors import NO_SUCH_ORDER, Refusal, invalid_data, missing
from providers.sandbox.amadeus_packing import NotPacked, pack, unpack
from providers.sandbox.amadeus_wire import OfferWriter, SegmentNumbers, write_dictionaries

WireGender = Literal["MALE", "FEMALE", "UNSPECIFIED", "UNDISCLOSED"]
WireDocument = Literal["PASSPORT", "IDENTITY_CARD", "VISA", "KNOWN_TRAVELER", "REDRESS"]

UNTICKETED = "unticketed"
"""In the general remark of an order, keeps it from being ticketed, so that it may be deleted."""
_GENDERS: dict[WireGender, Gender] = {"MALE": "male", "FEMALE": "female"}
_DOCUMENTS: dict[WireDocument, DocumentKind] = {"PASSPORT": "passport", "IDENTITY_CARD": "identity_card"}


class Name(Ask):
    first_name: str = Field(min_length=1)
    last_name: str = Field(min_length=1)


class Phone(Ask):
    country_calling_code: str = Field(pattern=r"^\d{1,3}$")
    number: str = Field(pattern=r"^\d{3,14}$")


class ContactDetails(Ask):
    email_address: str | None = None
    phones: tuple[Phone, ...] = Field((), max_length=3)


class Document(Ask):
    document_type: WireDocument
    number: SecretStr
    expiry_date: date
    issuance_country: str
    nationality: str


class TravelerDetails(Ask):
    id: str
    date_of_birth: date
    gender: WireGender
    name: Name
    contact: ContactDetails = ContactDetails()
    documents: tuple[Document, ...] = ()


class Remark(Ask):
    text: str


class Remarks(Ask):
    general: tuple[Remark, ...] = ()


class BookingData(Ask):
    type: Literal["flight-order"]
    flight_offers: tuple[dict[str, Any], ...] = Field(min_length=1, max_length=1)
    travelers: tuple[TravelerDetails, ...] = Field(min_length=1)
    contacts: tuple[ContactDetails, ...] = ()
    remarks: Remarks = Remarks()


class BookingBody(Ask):
    data: BookingData


class OrderKey(Value):
    """What an order's id carries: the world keeps the order, but neither who is who nor each one's price."""

    order: str
    booked_at: datetime
    brand: str
    parts: tuple[PricePart, ...] = Field(min_length=1)
    party: tuple[Traveler, ...]

    @classmethod
    def of(cls, order_id: str, offer: FlightOffer, party: Sequence[Traveler]) -> OrderKey:
        booked_at = clock.now().replace(microsecond=0, tzinfo=None)
        return cls(
            order=order_id, booked_at=booked_at, brand=offer.fare_brand, parts=offer.price_parts, party=tuple(party)
        )

    @classmethod
    def read(cls, order_id: str) -> OrderKey:
        """Raises a Refusal for an id that is none of ours."""
        try:
            order, booked_at, brand, currency, parts, party = unpack(order_id)
            return cls(
                order=order,
                booked_at=booked_at,
                brand=brand,
                parts=tuple(_read_part(part, currency) for part in parts),
                party=tuple(Traveler(id=i, travelerType=kind, associatedAdultId=adult) for i, kind, adult in party),
            )
        except (NotPacked, ValidationError, ValueError, TypeError):
            raise Refusal(NO_SUCH_ORDER) from None

    def write(self) -> str:
        """In base64, and percent-encoded already: it goes into a path as it is."""
        parts = [
            [part.traveller_type, part.count, str(part.base_each.amount), str(part.taxes_each.amount)]
            for part in self.parts
        ]
        party = [[each.id, each.traveler_type, each.associated_adult_id] for each in self.party]
        currency = self.parts[0].base_each.currency
        return quote(pack([self.order, self.booked_at.isoformat(), self.brand, currency, parts, party]), safe="")


def _read_part(part: Sequence[Any], currency: str) -> PricePart:
    kind, count, base, taxes = part
    return PricePart(
        traveller_type=kind,
        count=count,
        base_each=Money.parse(base, currency),
        taxes_each=Money.parse(taxes, currency),
    )


class Booking(NamedTuple):
    purchase: Purchase
    party: list[Traveler]
    """In the purchase's order."""


def read_booking(data: BookingData, party: Sequence[Traveler], total: Money, service_ids: Sequence[str]) -> Booking:
    """Who buys what; `party` and `total` are the offer's. Raises a Refusal for other people than it is for."""
    people = {each.id: each for each in data.travelers}
    ordered = in_purchase_order(party)
    if sorted(people) != sorted(each.id for each in ordered) or len(people) < len(data.travelers):
        raise invalid_data("/data/travelers")
    purchase = Purchase(
        reference=next((remark.text for remark in data.remarks.general), secrets.token_hex(8)),
        flow="instant",
        travellers=tuple(_read_traveller(people[each.id], each) for each in ordered),
        contact=_read_contact([*(each.contact for each in data.travelers), *data.contacts]),
        total=total,
        services=tuple(ServiceChoice(service_id=service_id) for service_id in service_ids),
    )
    return Booking(purchase, ordered)


def _read_traveller(person: TravelerDetails, traveler: Traveler) -> OrderTraveller:
    return OrderTraveller(
        traveller_type=traveler.traveller_type,
        given_name=person.name.first_name,
        family_name=person.name.last_name,
        gender=_GENDERS.get(person.gender, "other"),
        born_on=person.date_of_birth,
        document=next((_read_document(each) for each in person.documents if each.document_type in _DOCUMENTS), None),
    )


def _read_document(document: Document) -> TravelDocument:
    return TravelDocument(
        kind=_DOCUMENTS[document.document_type],
        number=document.number,
        issuing_country=document.issuance_country,
        nationality=document.nationality,
        expires_on=document.expiry_date,
    )


def _read_contact(contacts: Sequence[ContactDetails]) -> Contact:
    email = next((each.email_address for each in contacts if each.email_address), None)
    phone = next((phone for each in contacts for phone in each.phones), None)
    if email is None or phone is None:
        raise missing("/data/travelers/0/contact")
    return Contact(email=email, phone=f"+{phone.country_calling_code}{phone.number}")


def write_order(order: Order, key: OrderKey, echo: dict[str, Any]) -> dict[str, Any]:
    """An order; `echo` is what a client told of its travelers. The sandbox forgets their names when it has answered."""
    offer = offer_of(order, key)
    seats_cost = None if order.total is None or order.total == offer.total else order.total - offer.total
    writer = OfferWriter(offer, 1, key.party, SegmentNumbers().of(offer), is_priced=True, seats_cost=seats_cost)
    return {
        "data": {
            "type": "flight-order",
            "id": key.write(),
            "queuingOfficeId": "SGNVN2SIM",
            "associatedRecords": [
                {
                    "reference": order.record_locator,
                    "creationDate": f"{key.booked_at.isoformat()}.000",
                    "originSystemCode": "GDS",
                    "flightOfferId": "1",
                }
            ],
            "flightOffers": [writer.write()],
            "travelers": [{"id": each.id} for each in key.party],
            **echo,
        },
        "dictionaries": write_dictionaries([offer]),
    }


def is_ticketed(order: Order) -> bool:
    """Not where it was booked under a remark that says so: the world itself issues tickets at once."""
    return bool(order.tickets) and UNTICKETED not in (order.reference or "")


def write_tickets(order: Order, key: OrderKey) -> dict[str, Any]:
    """Empty where none was issued."""
    if not is_ticketed(order):
        return {}
    numbers = SegmentNumbers().of(offer_of(order, key))
    tickets = [
        {
            "documentType": "ETICKET",
            "documentNumber": ticket.number,
            "documentStatus": "ISSUED",
            "travelerId": key.party[ticket.traveller].id,
            "segmentIds": numbers,
        }
        for ticket in order.tickets
    ]
    return {"tickets": tickets}


def offer_of(order: Order, key: OrderKey) -> FlightOffer:
    """What was bought, as an offer; its conditions are not told again."""
    unknown = Condition(allowed=None)
    return FlightOffer(
        provider=order.provider,
        provider_offer_id=key.order,
        slices=order.slices,
        fare_brand=key.brand,
        cabin=order.slices[0].segments[0].cabin,
        price_parts=key.parts,
        conditions=Conditions(refund=unknown, change=unknown),
        seats_left=None,
        expires_at=clock.now(),
        simulated=order.simulated,
    )
