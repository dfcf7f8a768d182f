"""What can keep a booking from being made or ended.

AppError
├── NotFound
│   └── BookingNotFound        404
├── BookingNotCancellable      400  it has ended, or cannot be given up any more
├── Conflict
│   ├── PriceChanged           409  dearer now; the offer of the same id has the new price
│   ├── AlreadyBooked          409  these travellers have this offer booked
│   └── NoHold                 409  the carrier holds no seats without payment
└── InvalidInput
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

from core.errors import AppError, Conflict, InvalidInput, NotFound


class BookingNotFound(NotFound):
    code = "booking_not_found"


class BookingNotCancellable(AppError):
    code = "booking_not_cancellable"


class PriceChanged(Conflict):
    code = "price_changed"


class AlreadyBooked(Conflict):
    code = "already_booked"


class NoHold(Conflict):
    code = "no_hold"


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
