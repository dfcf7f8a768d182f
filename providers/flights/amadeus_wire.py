"""What Amadeus sends about offers and their rules. Nearly every field may be missing, and unknown ones appear."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, NaiveDatetime
from pydantic.alias_generators import to_camel

from domain.offers import CabinClass
from domain.travellers import TravellerType

CABINS: dict[str, CabinClass] = {
    "ECONOMY": "economy",
    "PREMIUM_ECONOMY": "premium_economy",
    "BUSINESS": "business",
    "FIRST": "first",
}
TRAVELLER_TYPES: dict[str, TravellerType] = {"ADULT": "adult", "CHILD": "child", "HELD_INFANT": "infant"}
"""Those we ask for, in the order of a party."""


class Wire(BaseModel):
    """Something as it is sent; numbers stand where texts should, and the other way round."""

    model_config = ConfigDict(extra="ignore", alias_generator=to_camel, coerce_numbers_to_str=True)


class WirePoint(Wire):
    iata_code: str
    at: NaiveDatetime


class WireCarrier(Wire):
    carrier_code: str | None = None


class WireAircraft(Wire):
    code: str | None = None


class WireStop(Wire):
    iata_code: str


class WireSegment(Wire):
    id: str | None = None
    departure: WirePoint
    arrival: WirePoint
    carrier_code: Annotated[str, Field(pattern="^[A-Z0-9]{2}$")]
    number: Annotated[str, Field(pattern="^[0-9]{1,4}$")]
    aircraft: WireAircraft | None = None
    operating: WireCarrier | None = None
    stops: list[WireStop] | None = None
    number_of_stops: int | None = Field(default=None, le=9)


class WireItinerary(Wire):
    segments: list[WireSegment] = Field(min_length=1)


class WireBags(Wire):
    quantity: int | None = Field(default=None, ge=0, le=99)
    weight: Decimal | None = Field(default=None, ge=0, le=999)
    weight_unit: str | None = None


class WireAmenity(Wire):
    description: str | None = None
    is_chargeable: bool | None = None


class WireFareDetails(Wire):
    segment_id: str | None = None
    cabin: str | None = None
    fare_basis: str | None = None
    booking_class: str | None = Field(default=None, alias="class")
    branded_fare: str | None = None
    branded_fare_label: str | None = None
    included_checked_bags: WireBags | None = None
    included_cabin_bags: WireBags | None = None
    amenities: list[WireAmenity] | None = None


Amount = Annotated[str, Field(max_length=18)]


class WirePrice(Wire):
    currency: str | None = None
    base: Amount | None = None
    total: Amount | None = None
    grand_total: Amount | None = None


class WireTraveller(Wire):
    traveler_id: str | None = None
    traveler_type: str | None = None
    price: WirePrice | None = None
    fare_details_by_segment: list[WireFareDetails] | None = None


class WireOffer(Wire):
    itineraries: list[WireItinerary] = Field(min_length=1)
    price: WirePrice
    traveler_pricings: list[WireTraveller] | None = None
    number_of_bookable_seats: int | None = None
    last_ticketing_date: str | None = None
    last_ticketing_date_time: str | None = None

    def list_travellers(self) -> list[WireTraveller]:
        """Adults first, then children, then infants, as everywhere in the domain."""
        order = list(TRAVELLER_TYPES)
        known = [each for each in self.traveler_pricings or [] if each.traveler_type in TRAVELLER_TYPES]
        return sorted(known, key=lambda each: order.index(each.traveler_type or ""))

    def details_of(self, segment_id: str | None) -> WireFareDetails:
        """What the first traveller who has any bought on a segment; empty where nobody has."""
        for traveller in self.traveler_pricings or []:
            for details in traveller.fare_details_by_segment or []:
                if segment_id is not None and details.segment_id == segment_id:
                    return details
        return WireFareDetails()


class WireRuleText(Wire):
    description_type: str | None = None
    text: str | None = None


class WireFareNotes(Wire):
    descriptions: list[WireRuleText] | None = None


class WireFareRule(Wire):
    name: str | None = None
    fare_notes: WireFareNotes | None = None


class WireIncluded(Wire):
    rules: dict[str, WireFareRule] | None = Field(default=None, alias="detailed-fare-rules")
