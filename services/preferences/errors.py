"""What can be wrong with preferences.

InvalidInput
├── AirlineUnknown             422
├── AirlineRepeated            422
├── AirportUnknown             422
├── CurrencyUnknown            422
└── DefaultPassengerUnknown    422  not in the caller's address book
"""

from __future__ import annotations

from core.errors import InvalidInput


class AirlineUnknown(InvalidInput):
    code = "airline_unknown"


class AirlineRepeated(InvalidInput):
    code = "airline_repeated"


class AirportUnknown(InvalidInput):
    code = "airport_unknown"


class CurrencyUnknown(InvalidInput):
    code = "currency_unknown"


class DefaultPassengerUnknown(InvalidInput):
    code = "default_passenger_unknown"
