"""What a search field for places is given."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from services.flights.locations import LocationKind


class LocationRead(BaseModel):
    model_config = ConfigDict(
        from_attributes=True,
        json_schema_extra={
            "examples": [
                {
                    "code": "TYO",
                    "kind": "city",
                    "name": "Tokyo",
                    "city": "Tokyo",
                    "country": "JP",
                    "country_name": "Nhật Bản",
                    "airports": ["HND", "NRT"],
                },
                {
                    "code": "NRT",
                    "kind": "airport",
                    "name": "Narita",
                    "city": "Tokyo",
                    "country": "JP",
                    "country_name": "Japan",
                    "airports": [],
                },
            ]
        },
    )

    code: str
    """IATA; what a search takes as origin or destination."""
    kind: LocationKind
    name: str
    city: str
    country: str
    """ISO 3166 alpha-2."""
    country_name: str
    airports: tuple[str, ...]
    """Of a city, the main one first."""
