"""What was sent to the simulated Duffel, in the world's words; what cannot be read is refused."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import SecretStr

from domain.airports import city_airports
from domain.money import Money
from domain.offers import SliceQuery
from domain.orders import Contact, OrderTraveller, Purchase, ServiceChoice, TravelDocument
from providers.sandbox.duffel_answers import in_wrong_state, invalid
from providers.sandbox.duffel_order_wire import write_order_passenger
from providers.sandbox.duffel_requests import (
    DocumentSent,
    OrderPassengerSent,
    OrderSent,
    PaymentSent,
    SliceSent,
)
from providers.sandbox.duffel_state import OfferedService, Passenger, ShownOffer, new_wire_id
from providers.sandbox.duffel_wire import Json


def read_slice(sent: SliceSent, pointer: str) -> SliceQuery:
    return SliceQuery(
        origins=_read_place(sent.origin, f"{pointer}/origin"),
        destinations=_read_place(sent.destination, f"{pointer}/destination"),
        departs_on=sent.departure_date,
    )


def read_purchase(sent: OrderSent, shown: ShownOffer, total: Money) -> tuple[Purchase, list[Json]]:
    """The purchase for that sum, and its travellers as the order will list them, in the order the world counts them."""
    people = _match_passengers(sent.passengers, shown)
    purchase = Purchase(
        reference=sent.metadata.get("reference") or new_wire_id("ref"),
        flow="hold" if sent.is_hold else "instant",
        travellers=tuple(_read_traveller(passenger, details) for passenger, details in people),
        contact=Contact(email=people[0][1].email, phone=people[0][1].phone_number),
        total=total,
        services=tuple(
            ServiceChoice(service_id=service.service_id, quantity=quantity)
            for service, quantity in read_services(sent, shown)
        ),
    )
    return purchase, [_write_person(passenger, details) for passenger, details in people]


def read_services(sent: OrderSent, shown: ShownOffer) -> list[tuple[OfferedService, int]]:
    """What is bought with the offer, out of what was shown with it."""
    chosen = []
    for index, service in enumerate(sent.services):
        offered = shown.services.get(service.id)
        if offered is None:
            raise invalid(f"/services/{index}/id", "not_valid_with_selected_offer", "The offer has no such service.")
        chosen.append((offered, service.quantity))
    return chosen


def read_payment(sent: PaymentSent, due: Money) -> Money:
    """What is paid, which has to be what is due."""
    if sent.currency != due.currency:
        raise invalid(
            "/payment/currency",
            "payment_currency_does_not_match_order_currency",
            "The payment's currency does not match the order's.",
        )
    try:
        paid = Money.parse(sent.amount, sent.currency)
    except ValueError:
        raise invalid("/payment/amount", "validation_format", "The amount is not valid.") from None
    if paid != due:
        raise invalid(
            "/payment/amount",
            "payment_amount_does_not_match_order_amount",
            "The payment's amount does not match the order's.",
        )
    return paid


def check_flow(sent: OrderSent, shown: ShownOffer) -> None:
    """Money comes with an instant order and only with that; not every offer can be held."""
    if sent.is_hold and "hold" not in shown.found.offer.booking_flows:
        raise invalid("/type", "invalid_order_create_type", "The offer requires instant payment.")
    if sent.is_hold and sent.payments:
        raise invalid("/payments", "payments_not_allowed_for_order_type", "Payments come later for this order type.")
    if not sent.is_hold and not sent.payments:
        raise invalid("/payments", "validation_required", "Payments are required for an instant order.")
    if shown.request.is_booked:
        raise in_wrong_state("offer_request_already_booked", "An offer of this offer request has already been booked.")


def _read_place(code: str, pointer: str) -> tuple[str, ...]:
    airports = city_airports(code)
    if not airports:
        raise invalid(pointer, "validation_inclusion", "The place is not known.")
    return airports


def _match_passengers(
    sent: Sequence[OrderPassengerSent], shown: ShownOffer
) -> list[tuple[Passenger, OrderPassengerSent]]:
    """Those of the offer request with their details; infants in the order of the adults who hold them."""
    details = {each.id: each for each in sent}
    people = shown.request.travellers
    if len(details) != len(sent) or set(details) != {each.id for each in people}:
        raise invalid("/passengers", "validation_inclusion", "The passengers are not those of the offer request.")
    infants = {each.id: each for each in people if each.traveller_type == "infant"}
    seated = [each for each in people if each.id not in infants]
    adults = [each for each in seated if each.traveller_type == "adult"]
    held = [infant_id for each in adults if (infant_id := details[each.id].infant_passenger_id)]
    if sorted(held) != sorted(infants):
        raise invalid("/passengers", "validation_inclusion", "Each infant has to be with one adult.")
    return [(each, details[each.id]) for each in (*seated, *(infants[infant_id] for infant_id in held))]


def _read_traveller(passenger: Passenger, sent: OrderPassengerSent) -> OrderTraveller:
    passport = next((each for each in sent.identity_documents if each.type == "passport"), None)
    return OrderTraveller(
        traveller_type=passenger.traveller_type,
        given_name=sent.given_name,
        family_name=sent.family_name,
        gender="male" if sent.gender == "m" else "female",
        born_on=sent.born_on,
        document=_read_passport(passport) if passport else None,
    )


def _read_passport(sent: DocumentSent) -> TravelDocument:
    """Duffel does not ask for a nationality: it is taken to be the issuing country's."""
    if sent.expires_on is None:
        raise invalid("/passengers/identity_documents/expires_on", "validation_required", "A passport has an end.")
    return TravelDocument(
        kind="passport",
        number=SecretStr(sent.unique_identifier),
        issuing_country=sent.issuing_country_code,
        nationality=sent.issuing_country_code,
        expires_on=sent.expires_on,
    )


def _write_person(passenger: Passenger, sent: OrderPassengerSent) -> Json:
    details = {
        "title": sent.title,
        "given_name": sent.given_name,
        "family_name": sent.family_name,
        "gender": sent.gender,
        "born_on": sent.born_on.isoformat(),
        "infant_passenger_id": sent.infant_passenger_id,
    }
    return write_order_passenger(passenger, details)
