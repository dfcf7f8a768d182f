"""What can keep a booking from being made or ended.

AppError
├── NotFound
│   └── BookingNotFound        404
├── SignatureInvalid           401  what calls itself a provider is none, or speaks too late
├── BookingNotCancellable      400  it has ended, or cannot be given up any more
├── BookingNotChangeable       400  it has ended or has no tickets yet, or the fare allows no change
├── Conflict
│   ├── PriceChanged           409  dearer now; the body has the new price and the card to agree to
│   ├── AlreadyBooked          409  these travellers have this offer booked
│   ├── BookingBusy            409  something is under way with the airline
│   ├── NotBookable            409  the provider only shows this offer
│   └── TooLateToBook          409  the first flight leaves too soon
└── InvalidInput
    ├── ServiceUnknown         422  a seat or bag that is not for sale with the offer
    ├── ServiceTwice           422  one seat for two, or two seats for one
    ├── SliceUnknown           422  the trip has no such part
    ├── PriceUnreadable        422  what was agreed to is no sum of the offer's currency
    ├── TravellersMismatch     422  other travellers than the offer is priced for
    ├── TravellerTwice         422
    ├── BirthDateMissing       422
    ├── GenderMissing          422
    ├── NameNotLatin           422  no form a ticket can take
    ├── PassportMissing        422  the trip crosses a border
    ├── PassportExpires        422  less than six months after the last arrival abroad
    └── ContactMissing         422  airlines want a telephone number
"""

from __future__ import annotations

from core.errors import AppError, Conflict, InvalidInput, NotFound, Unauthorized


class BookingNotFound(NotFound):
    code = "booking_not_found"


class SignatureInvalid(Unauthorized):
    code = "signature_invalid"


class BookingNotCancellable(AppError):
    code = "booking_not_cancellable"


class BookingNotChangeable(AppError):
    code = "booking_not_changeable"


class PriceChanged(Conflict):
    code = "price_changed"


class AlreadyBooked(Conflict):
    code = "already_booked"


class BookingBusy(Conflict):
    code = "booking_busy"


class NotBookable(Conflict):
    code = "not_bookable"


class TooLateToBook(Conflict):
    code = "too_late_to_book"


class ServiceUnknown(InvalidInput):
    code = "service_unknown"


class ServiceTwice(InvalidInput):
    code = "service_twice"


class SliceUnknown(InvalidInput):
    code = "slice_unknown"


class TravellersMismatch(InvalidInput):
    code = "travellers_mismatch"


class TravellerTwice(InvalidInput):
    code = "traveller_twice"


class BirthDateMissing(InvalidInput):
    code = "birth_date_missing"


class GenderMissing(InvalidInput):
    code = "gender_missing"


class NameNotLatin(InvalidInput):
    code = "name_not_latin"


class PassportMissing(InvalidInput):
    code = "passport_missing"


class PassportExpires(InvalidInput):
    code = "passport_expires"


class ContactMissing(InvalidInput):
    code = "contact_missing"


class PriceUnreadable(InvalidInput):
    code = "price_unreadable"
