"""Many conversations at once: a JSON object a line in, one a line out, in the same order.

A line in is `{"id", "now", "locale"?, "turns": [{"role", "text"}]}`; a line out tells the frame and the intent after
each of the traveller's turns. A line that cannot be read is answered by `{"id", "error"}`, and the rest goes on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import structlog
from pydantic import AwareDatetime, BaseModel, Field, StrictInt, StrictStr, ValidationError

from domain.money import Money
from understanding.frame import DateRange, Frame, Language, PlaceRef, TimeWindow
from understanding.heard import Heard, hear
from understanding.read import DEFAULT_LANGUAGE, read_message
from understanding.reading import Reading

log = structlog.get_logger()

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2199, 1, 1, tzinfo=UTC)
"""A `now` outside these years is a mistake, and the lunar calendar is not made for it."""


class _Turn(BaseModel):
    role: Literal["user", "assistant"]
    text: str


class _Conversation(BaseModel):
    id: StrictStr | StrictInt
    now: Annotated[AwareDatetime, Field(ge=EARLIEST, le=LATEST)]
    locale: Language | None = None
    turns: list[_Turn]


def read_conversations(lines: Iterable[bytes]) -> Iterator[bytes]:
    """An answer for each line; blank lines are passed over."""
    return (answer_line(line).encode(errors="replace") + b"\n" for line in lines if line.strip())


def answer_line(line: bytes) -> str:
    """What one line means, as JSON; never raises."""
    try:
        asked = json.loads(line)
    except ValueError as error:  # of JSON or of UTF-8
        return _dump({"id": None, "error": f"no JSON: {error}"})
    except RecursionError:
        return _dump({"id": None, "error": "no JSON: nested too deeply"})
    try:
        conversation = _Conversation.model_validate(asked)
    except ValidationError as error:
        first = error.errors()[0]
        is_named = (
            isinstance(asked, dict) and "id" in asked and all(each["loc"][:1] != ("id",) for each in error.errors())
        )
        where = ".".join(map(str, first["loc"])) or "line"
        return _dump({"id": asked["id"] if is_named else None, "error": f"{where}: {first['msg']}"})
    try:
        return _dump(_answer(conversation))
    except Exception as error:  # an edge: a bug in one conversation must not end the others
        log.exception("understanding.failed", conversation=conversation.id)
        return _dump({"id": conversation.id, "error": f"not read, by a fault of ours: {type(error).__name__}"})


def follow(now: datetime, turns: Iterable[tuple[str, str]], locale: Language | None = None) -> list[Reading]:
    """What each of the traveller's turns of a transcript, (role, text) each, means in the light of those before."""
    readings: list[Reading] = []
    heard, offers, language = Heard(), 0, locale
    for role, text in turns:
        if role == "assistant":
            heard = hear(text, now.date())
            offers = heard.offers or offers
            continue
        reading = read_message(
            text,
            frame=readings[-1].frame if readings else Frame(),
            now=now,
            previous_language=language,
            asked=heard.asked,
            offers_shown=offers,
            offered=heard.choice,
        )
        readings.append(reading)
        language = reading.language
        if reading.changed:
            heard = Heard()  # a digression leaves the question open
    return readings


def _answer(conversation: _Conversation) -> dict[str, Any]:
    turns = ((turn.role, turn.text) for turn in conversation.turns)
    readings = follow(conversation.now, turns, conversation.locale)
    return {
        "id": conversation.id,
        "frames": [render_frame(reading.frame) for reading in readings],
        "intents": [
            {"name": reading.intent.public_name, "confidence": reading.intent.confidence} for reading in readings
        ],
        "language": readings[-1].language if readings else conversation.locale or DEFAULT_LANGUAGE,
    }


def render_frame(frame: Frame) -> dict[str, Any]:
    """The frame as JSON for readers who do not know our types: every field is there, unsaid ones are null or empty."""
    plain = {name: _render(getattr(frame, name)) for name in Frame.model_fields}
    return plain | {
        "legs": [
            {"origin": leg.origin.iata, "destination": leg.destination.iata, "depart_on": _render(leg.depart_on)}
            for leg in frame.legs
        ],
        "ambiguous": [{"field": each.field, "readings": list(each.readings)} for each in frame.ambiguous],
        "problems": [{"field": each.field, "code": each.code} for each in frame.problems],
        "missing": list(frame.missing),
    }


def _render(value: Any) -> Any:
    match value:
        case PlaceRef():
            return {"iata": value.iata, "name": value.name}
        case DateRange():
            return [value.first.isoformat(), value.last.isoformat()]
        case TimeWindow():
            return {
                "from": f"{value.first:%H:%M}" if value.first else None,
                "to": f"{value.last:%H:%M}" if value.last else None,
            }
        case Money():
            amount = value.amount
            whole = int(amount)
            return {"amount": whole if whole == amount else float(amount), "currency": value.currency}
        case bool() | int() | str() | None:
            return value
        case tuple():
            return list(value)
    return value.isoformat()


def _dump(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False)
