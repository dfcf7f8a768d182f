"""Airports a traveller could also use."""

from __future__ import annotations

from domain.airports import nearby_airports
from domain.offers import SliceQuery


def widen(slice_: SliceQuery, within_km: float) -> SliceQuery:
    """The slice between airports so near to both ends too, the ones asked for first; none of them serves both ends."""
    around_start, around_end = _around(slice_.origins, within_km), _around(slice_.destinations, within_km)
    return slice_.model_copy(
        update={
            "origins": (
                *slice_.origins,
                *(code for code in around_start if code not in (*slice_.destinations, *around_end)),
            ),
            "destinations": (
                *slice_.destinations,
                *(code for code in around_end if code not in (*slice_.origins, *around_start)),
            ),
        }
    )


def _around(airports: tuple[str, ...], within_km: float) -> tuple[str, ...]:
    found = dict.fromkeys(near for airport in airports for near in nearby_airports(airport, within_km))
    return tuple(code for code in found if code not in airports)
