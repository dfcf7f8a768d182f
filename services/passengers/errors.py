"""What can be wrong with a traveller's details or documents.

AppError
├── PassengerBooked            400  a live booking names the traveller; they cannot be deleted
├── NotFound
│   ├── PassengerNotFound      404
│   └── DocumentNotFound       404
├── Conflict
│   ├── PassengerLimitReached  409
│   ├── DocumentLimitReached   409
│   └── PassengerFixed         409  a live booking names the traveller; only e-mail and telephone may change
└── InvalidInput
    ├── FieldRequired          422  null where there must be a value
    ├── NameInvalid            422
    ├── BirthDateInvalid       422
    ├── CountryUnknown         422
    ├── ExpiryPassed           422  a document that is not valid beyond today
    ├── NumberInvalid          422  not how such documents of the country are numbered
    ├── NumberMasked           422  as lists show it, sent back
    └── NumberMissing          422  an expiry or a country, and no document they could be of
"""

from __future__ import annotations

from core.errors import AppError, Conflict, InvalidInput, NotFound


class PassengerBooked(AppError):
    code = "passenger_booked"


class PassengerNotFound(NotFound):
    code = "passenger_not_found"


class DocumentNotFound(NotFound):
    code = "document_not_found"


class PassengerLimitReached(Conflict):
    code = "passenger_limit_reached"


class DocumentLimitReached(Conflict):
    code = "document_limit_reached"


class PassengerFixed(Conflict):
    code = "passenger_fixed"


class FieldRequired(InvalidInput):
    code = "field_required"


class NameInvalid(InvalidInput):
    code = "name_invalid"


class BirthDateInvalid(InvalidInput):
    code = "birth_date_invalid"


class CountryUnknown(InvalidInput):
    code = "country_unknown"


class ExpiryPassed(InvalidInput):
    code = "document_expiry_passed"


class NumberInvalid(InvalidInput):
    code = "document_number_invalid"


class NumberMasked(InvalidInput):
    code = "document_number_masked"


class NumberMissing(InvalidInput):
    code = "document_number_missing"
