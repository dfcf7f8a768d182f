"""Amadeus's orders: writing what is bought, reading what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import phonenumbers
from pydantic import Field, ValidationError

from domain.orders import Contact, Order, OrderTraveller, Purchase, Ticket, TravelDocument
from domain.travellers import DocumentKind, Gender
from providers.flights.amadeus_offers import parse_offer, read_slices, read_total
from providers.flights.amadeus_wire import TRAVELLER_TYPES, Wire, WireOffer
from providers.flights.base import InvalidRequest
from providers.flights.unreadable import Unreadable

_GENDERS: dict[Gender, str] = {"male": "MALE", "female": "FEMALE", "other": "UNSPECIFIED"}
_DOCUMENTS: dict[DocumentKind, str] = {"passport": "PASSPORT", "identity_card": "IDENTITY_CARD"}


class WireRecord(Wire):
    reference: str | None = None
    origin_system_code: str | None = None


class WireRemark(Wire):
    text: str | None = None


class WireRemarks(Wire):
    general: list[WireRemark] | None = None


class WireTicket(Wire):
    document_type: str | None = None
    document_number: str | None = None
    document_status: str | None = None
    traveler_id: str | None = None


class WireOrder(Wire):
    id: str = Field(min_length=1)
    associated_records: list[WireRecord] | None = None
    flight_offers: list[Any] | None = None
    remarks: WireRemarks | None = None
    tickets: list[WireTicket] | None = None


def write_order(raw: dict[str, Any], wire: WireOffer, purchase: Purchase) -> dict[str, Any]:
    """Raises InvalidRequest for another party than the offer is for."""
    seats = [(TRAVELLER_TYPES[each.traveler_type or ""], each.traveler_id) for each in wire.list_travellers()]
    if [kind for kind, _ in seats] != [each.traveller_type for each in purchase.travellers]:
        raise InvalidRequest("the offer is for another party")
    lead = purchase.travellers[0]
    contact = _write_contact(purchase.contact)
    return {
        "data": {
            "type": "flight-order",
            "flightOffers": [raw],
            "travelers": [
                _write_traveller(each, traveller_id, contact)
                for each, (_, traveller_id) in zip(purchase.travellers, seats, strict=True)
            ],
            "remarks": {"general": [{"subType": "GENERAL_MISCELLANEOUS", "text": purchase.reference}]},
            "ticketingAgreement": {"option": "CONFIRM"},
            "contacts": [{"addresseeName": _write_name(lead), "purpose": "STANDARD", **contact}],
        }
    }


def parse_order(data: object) -> WireOrder | None:
    """None for what is no order."""
    try:
        return WireOrder.model_validate(data)
    except ValidationError:
        return None


def read_order(wire: WireOrder, *, simulated: bool) -> Order:
    """An order whose flights cannot be read has no slices and no total: it exists all the same."""
    offers = _read_offers(wire)
    try:
        slices = tuple(slice_ for offer in offers for slice_ in read_slices(offer, "economy"))
        totals = [read_total(offer.price) for offer in offers]
        total = sum(totals[1:], start=totals[0]) if totals else None
    except (Unreadable, ValueError):  # ValueError: in several currencies
        slices, total = (), None
    issued = _list_issued(wire)
    return Order(
        provider="amadeus",
        provider_order_id=wire.id,
        reference=_read_reference(wire),
        record_locator=_read_locator(wire.associated_records or []),
        status="ticketed" if issued else "booked",
        slices=slices,
        total=total,
        pay_by=None,
        tickets=tuple(_read_tickets(issued, offers)),
        simulated=simulated,
    )


def _write_traveller(traveller: OrderTraveller, traveller_id: str | None, contact: dict[str, Any]) -> dict[str, Any]:
    documents = [_write_document(traveller.document)] if traveller.document else []
    return {
        "id": traveller_id,
        "dateOfBirth": traveller.born_on.isoformat(),
        "gender": _GENDERS[traveller.gender],
        "name": _write_name(traveller),
        "contact": contact,
        **({"documents": documents} if documents else {}),
    }


def _write_name(traveller: OrderTraveller) -> dict[str, str]:
    return {"firstName": traveller.given_name, "lastName": traveller.family_name}


def _write_contact(contact: Contact) -> dict[str, Any]:
    """Raises InvalidRequest for a number that is not E.164."""
    try:
        phone = phonenumbers.parse(contact.phone)
    except phonenumbers.NumberParseException:
        raise InvalidRequest("no telephone number") from None
    number = phonenumbers.national_significant_number(phone)
    calling_code = str(phone.country_code)
    return {
        "emailAddress": contact.email,
        "phones": [{"deviceType": "MOBILE", "countryCallingCode": calling_code, "number": number}],
    }


def _write_document(document: TravelDocument) -> dict[str, Any]:
    return {
        "documentType": _DOCUMENTS[document.kind],
        "number": document.number.get_secret_value(),
        "expiryDate": document.expires_on.isoformat(),
        "issuanceCountry": document.issuing_country,
        "nationality": document.nationality,
        "holder": True,
    }


def _read_offers(wire: WireOrder) -> list[WireOffer]:
    """Those of an order that can be read, which are all or none of use."""
    try:
        return [parse_offer(raw) for raw in wire.flight_offers or []]
    except Unreadable:
        return []


def _list_issued(wire: WireOrder) -> list[WireTicket]:
    return [
        each
        for each in wire.tickets or []
        if each.document_number
        and each.document_type in (None, "ETICKET")
        and each.document_status in (None, "ISSUED", "ORIGINAL")
    ]


def _read_tickets(issued: Sequence[WireTicket], offers: Sequence[WireOffer]) -> list[Ticket]:
    """Those whose traveller is known."""
    ids = [each.traveler_id for offer in offers[:1] for each in offer.list_travellers()]
    return [
        Ticket(traveller=ids.index(each.traveler_id), number=each.document_number or "")
        for each in issued
        if each.traveler_id in ids
    ]


def _read_reference(wire: WireOrder) -> str | None:
    """Ours is the first remark: it was written with the order."""
    remarks = wire.remarks.general if wire.remarks else None
    return remarks[0].text if remarks else None


def _read_locator(records: Sequence[WireRecord]) -> str | None:
    """The airline's own where it has one beside Amadeus's."""
    by_preference = sorted(records, key=lambda record: record.origin_system_code == "GDS")
    return next((record.reference for record in by_preference if record.reference), None)
