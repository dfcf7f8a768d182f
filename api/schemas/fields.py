"""What requests are made of: the base that refuses unknown fields, and texts that can be stored and shown safely."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from domain.contacts import normalise_email, normalise_phone

DIRECTION_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They would make the text around a name read backwards; a right-to-left name does not need them."""


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Update(Request):
    """A change of some fields: null clears one, an absent one stays."""

    @property
    def changes(self) -> dict[str, Any]:
        """What was sent."""
        return self.model_dump(exclude_unset=True)


def to_upper(value: Any) -> Any:
    """Codes may come in any case; what is no text is left for the schema to refuse."""
    return value.upper() if isinstance(value, str) else value


def to_lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def check_line(value: str) -> str:
    """One line of visible text in NFC; raises ValueError for control characters and direction overrides."""
    value = unicodedata.normalize("NFC", value).strip()
    if any(unicodedata.category(character) in ("Cc", "Cs") or character in DIRECTION_OVERRIDES for character in value):
        raise ValueError("characters that cannot be stored or shown")
    return value


Line = Annotated[str, AfterValidator(check_line)]
ThreeLetterCode = Annotated[str, BeforeValidator(to_upper), StringConstraints(pattern=r"^[A-Z]{3}$")]
"""Of an airport, a city or a currency; whether there is one is the service's to say."""
FullName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(check_line)
]
EmailAddress = Annotated[str, Field(max_length=254), AfterValidator(check_line), AfterValidator(normalise_email)]
Phone = Annotated[str, Field(max_length=32), AfterValidator(check_line), AfterValidator(normalise_phone)]
