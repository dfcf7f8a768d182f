"""A traveller with their documents, as their owner reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from core.security import Keys
from db.models import IdentityDocument, Passenger
from domain.documents import find_document_warnings, mask_number
from domain.names import find_name_warnings, to_latin
from domain.travellers import TravellerType, traveller_type_on


@dataclass(frozen=True, slots=True)
class DocumentDetail:
    """A document with its number in clear, or masked for a list."""

    id: UUID
    kind: str
    number: str
    issuing_country: str | None
    expires_on: date | None
    is_primary: bool
    created_at: datetime
    updated_at: datetime

    def masked(self) -> DocumentDetail:
        return replace(self, number=mask_number(self.number))


@dataclass(frozen=True, slots=True)
class PassengerDetail:
    passenger: Passenger
    documents: Sequence[DocumentDetail]
    today: date

    @property
    def passport(self) -> DocumentDetail | None:
        """What the passport fields tell of: the primary document, where that is a passport."""
        return next((each for each in self.documents if each.is_primary and each.kind == "passport"), None)

    @property
    def naming_country(self) -> str | None:
        """Whose rules spell the name in the machine-readable line."""
        return (self.passport.issuing_country if self.passport else None) or self.passenger.nationality

    @property
    def latin_first_name(self) -> str | None:
        return to_latin(self.passenger.first_name, self.naming_country)

    @property
    def latin_last_name(self) -> str | None:
        return to_latin(self.passenger.last_name, self.naming_country)

    @property
    def traveller_type(self) -> TravellerType | None:
        """What the passenger would be counted as today."""
        return traveller_type_on(self.today, self.passenger.dob) if self.passenger.dob else None

    @property
    def warnings(self) -> list[str]:
        """Codes of what may keep the passenger from flying as entered; each has its words under `warnings.<code>`."""
        person = self.passenger
        found: list[str] = [*find_name_warnings(person.first_name, person.last_name, self.naming_country)]
        return [*found, *find_document_warnings(self.passport.expires_on, self.today)] if self.passport else found

    def masked(self) -> PassengerDetail:
        return replace(self, documents=[each.masked() for each in self.documents])


def open_document(document: IdentityDocument, keys: Keys) -> DocumentDetail:
    number = keys.vault.open(document.number, table="identity_documents", column="number", row_id=document.id)
    return DocumentDetail(
        id=document.id,
        kind=document.kind,
        number=number,
        issuing_country=document.issuing_country,
        expires_on=document.expires_on,
        is_primary=document.is_primary,
        created_at=document.created_at,
        updated_at=document.updated_at,
    )
