"""What the simulated cabins look like, which seats are taken, and what picking one costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from domain.money import Money
from domain.offers import CabinClass
from domain.seats import Seat, SeatCabin, SeatFeature, SeatMap, SeatPrice
from domain.travellers import TravellerCounts
from providers.sandbox.carriers import AircraftSize
from providers.sandbox.demand import SEATS
from providers.sandbox.dice import Dice
from providers.sandbox.fares import LONG_TRIP_KM, Brand, Currency, Fee
from providers.sandbox.schedule import Flight

FROM_THE_NOSE: tuple[CabinClass, ...] = ("first", "business", "premium_economy", "economy")
COLUMNS: dict[tuple[AircraftSize, CabinClass], str] = {
    ("turboprop", "economy"): "AC DF",
    ("regional", "economy"): "AC DF",
    ("regional", "business"): "AC DF",
    ("narrow", "economy"): "ABC DEF",
    ("narrow", "business"): "AC DF",
    ("wide", "economy"): "ABC DEG HJK",
    ("wide", "premium_economy"): "AC DEG HK",
    ("wide", "business"): "A DG K",
    ("wide", "first"): "A DG K",
}
"""Seats of a row from left to right; a gap is an aisle. The last row may be shorter."""
EXIT_ROWS: dict[AircraftSize, frozenset[int]] = {
    "turboprop": frozenset({16}),
    "regional": frozenset({9}),
    "narrow": frozenset({11, 12}),
    "wide": frozenset({13}),
}
"""Beside the doors or over the wings, counted from the first row of economy, which is 0."""
FRONT_ROWS = 5

_LEGROOM, _FRONT, _WINDOW_OR_AISLE, _OTHER = Fee(12, 45), Fee(7, 25), Fee(4, 15), Fee(2.5, 10)
"""USD on a short and on a long flight."""


@dataclass(frozen=True, slots=True)
class PickedSeat:
    """A seat for one traveller, as its service id names it."""

    flight: str
    designator: str
    traveller: int

    @property
    def service_id(self) -> str:
        return f"seat:{self.flight}:{self.designator}:{self.traveller}"


@dataclass(frozen=True, slots=True)
class Cabin:
    """The cabin of a flight as a party sees it that buys a brand in a currency."""

    flight: Flight
    cabin: CabinClass
    brand: Brand
    travellers: TravellerCounts
    currency: Currency

    def draw(self, slice_index: int, segment_index: int, taken: frozenset[str]) -> SeatMap:
        departure = self.flight.departure
        seats = tuple(
            seat.model_copy(update={"prices": ()}) if seat.designator in taken else seat for seat in self.list_seats()
        )
        return SeatMap(
            slice_index=slice_index,
            segment_index=segment_index,
            designator=departure.designator,
            aircraft=departure.aircraft.code,
            cabins=(SeatCabin(cabin=self.cabin, deck="main", columns=self._columns, seats=seats),),
        )

    def list_seats(self) -> Iterator[Seat]:
        """Every seat from the nose, priced as if it were free."""
        first_row = self._first_row
        for row, column in self._list_places():
            features = self._list_features(row - first_row, column)
            yield Seat(row=row, column=column, features=features, prices=self._list_prices(row, column, features))

    def find_taken(self, dice: Dice, seats_left: int, picked: frozenset[str]) -> frozenset[str]:
        """As many seats as are sold: those that were picked, and others by lot; only more as more are sold."""
        designators = [f"{row}{column}" for row, column in self._list_places()]
        others = sorted(
            (designator for designator in designators if designator not in picked),
            key=lambda designator: dice.roll("seat", self.flight.key, designator),
        )
        return picked | set(others[: max(0, len(designators) - seats_left - len(picked))])

    @property
    def _columns(self) -> tuple[str, ...]:
        letters = COLUMNS[self.flight.departure.aircraft.size, self.cabin]
        return tuple("" if letter == " " else letter for letter in letters)

    @property
    def _first_row(self) -> int:
        size = self.flight.departure.aircraft.size
        ahead = FROM_THE_NOSE[: FROM_THE_NOSE.index(self.cabin)]
        rows = (
            -(-SEATS[size][cabin] // _width(size, cabin)) for cabin in ahead if cabin in self.flight.departure.cabins
        )
        return 1 + sum(rows)

    def _list_places(self) -> Iterator[tuple[int, str]]:
        letters, first_row = [letter for letter in self._columns if letter], self._first_row
        for number in range(SEATS[self.flight.departure.aircraft.size][self.cabin]):
            yield first_row + number // len(letters), letters[number % len(letters)]

    def _list_features(self, row: int, column: str) -> tuple[SeatFeature, ...]:
        """`row` counts from the cabin's first."""
        columns = self._columns
        place = columns.index(column)
        is_window = place in (0, len(columns) - 1)
        is_aisle = "" in columns[max(0, place - 1) : place + 2]
        is_economy = self.cabin == "economy"
        is_exit = is_economy and row in EXIT_ROWS[self.flight.departure.aircraft.size]
        has: dict[SeatFeature, bool] = {
            "window": is_window,
            "middle": not is_window and not is_aisle,
            "aisle": is_aisle,
            "exit_row": is_exit,
            "extra_legroom": is_economy and (is_exit or row == 0),
            "bulkhead": row == 0,
            "front": is_economy and row < FRONT_ROWS,
            "no_infant": is_exit,
        }
        return tuple(feature for feature, holds in has.items() if holds)

    def _list_prices(self, row: int, column: str, features: tuple[SeatFeature, ...]) -> tuple[SeatPrice, ...]:
        """In an exit row only adults sit, without an infant; the n-th infant is with the n-th adult."""
        party = self.travellers
        buyers = range(party.infants, party.adults) if "exit_row" in features else range(party.seats)
        price = self._price(features)
        return tuple(
            SeatPrice(
                traveller=traveller,
                price=price,
                service_id=PickedSeat(self.flight.key, f"{row}{column}", traveller).service_id,
            )
            for traveller in buyers
        )

    def _price(self, features: tuple[SeatFeature, ...]) -> Money:
        if self.cabin in ("business", "first") or _is_flexible(self.brand):
            return Money(amount_minor=0, currency=self.currency.code)
        if "extra_legroom" in features:
            fee = _LEGROOM
        elif "front" in features:
            fee = _FRONT
        else:
            fee = _OTHER if "middle" in features else _WINDOW_OR_AISLE
        return self.currency.convert(fee.long if self.flight.departure.km >= LONG_TRIP_KM else fee.short)


def _width(size: AircraftSize, cabin: CabinClass) -> int:
    return len(COLUMNS[size, cabin].replace(" ", ""))


def _is_flexible(brand: Brand) -> bool:
    """Changes cost nothing, so a seat does not either."""
    return brand.change_fee == Fee(0, 0)
