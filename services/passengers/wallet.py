"""A passenger's documents under the lock of the passenger's row: numbers sealed, and exactly one of them primary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import clock
from core.ids import new_id
from core.security import Keys
from db.models import IdentityDocument, Passenger
from db.repositories.passengers import PassengerRepository
from domain.documents import is_number_of
from domain.travellers import DocumentKind
from services.passengers.details import DocumentDetail, open_document
from services.passengers.errors import DocumentLimitReached, NumberInvalid
from services.passengers.rules import MAX_DOCUMENTS


class Wallet:
    """Made by `open_wallet`, with the passenger's row locked. Fields come checked by the rules."""

    def __init__(self, session: AsyncSession, passenger: Passenger, documents: list[IdentityDocument], keys: Keys):
        self._session = session
        self._passenger = passenger
        self._keys = keys
        self.documents = documents

    @property
    def primary(self) -> IdentityDocument | None:
        return next((each for each in self.documents if each.is_primary), None)

    def read(self) -> list[DocumentDetail]:
        return [open_document(document, self._keys) for document in self.documents]

    async def add(self, fields: Mapping[str, Any]) -> IdentityDocument:
        """Put in a document; the first one is primary whatever it says. Raises NumberInvalid, DocumentLimitReached."""
        if len(self.documents) >= MAX_DOCUMENTS:
            raise DocumentLimitReached(limit=MAX_DOCUMENTS)
        document = IdentityDocument(
            id=new_id(),
            passenger_id=self._passenger.id,
            kind=fields.get("kind") or "passport",
            issuing_country=fields.get("issuing_country") or self._passenger.nationality,
            expires_on=fields.get("expires_on"),
            is_primary=False,
        )
        self._write_number(document, fields["number"])
        self._session.add(document)
        self.documents.append(document)
        await self._settle(document if fields.get("is_primary") else self.primary)
        return document

    async def change(self, document: IdentityDocument, changes: Mapping[str, Any]) -> None:
        """Change what was sent; raises NumberInvalid."""
        for name in ("kind", "issuing_country", "expires_on"):
            if name in changes:
                setattr(document, name, changes[name])
        if not changes.keys().isdisjoint({"number", "kind", "issuing_country"}):
            number = changes["number"] if "number" in changes else open_document(document, self._keys).number
            self._write_number(document, number)
        if changes.get("is_primary"):
            await self._settle(document)
        elif changes.get("is_primary") is False and document.is_primary:
            await self._settle(self._find_successor(document))
        else:
            await self._settle(self.primary)

    async def remove(self, document: IdentityDocument) -> None:
        """Take out a document; a primary one hands over to the oldest other, passports first."""
        self.documents.remove(document)
        await self._session.delete(document)
        await self._settle(self.primary)

    def _write_number(self, document: IdentityDocument, number: str) -> None:
        if not is_number_of(cast("DocumentKind", document.kind), document.issuing_country, number):
            raise NumberInvalid
        document.number = self._keys.vault.seal(number, table="identity_documents", column="number", row_id=document.id)

    def _find_successor(self, document: IdentityDocument | None = None) -> IdentityDocument | None:
        others = [each for each in self.documents if each is not document]
        return next((each for each in others if each.kind == "passport"), next(iter(others), document))

    async def _settle(self, primary: IdentityDocument | None) -> None:
        """Write what changed, with exactly this document primary, or any if it is None."""
        chosen = primary or self._find_successor()
        for document in self.documents:
            document.is_primary = document.is_primary and document is chosen
        # one after the other: at no moment may the index see two
        await self._session.flush()
        if chosen is not None:
            chosen.is_primary = True
        self._passenger.updated_at = clock.now()
        await self._session.flush()


async def open_wallet(session: AsyncSession, passenger: Passenger, keys: Keys) -> Wallet:
    """The documents of a passenger whose row the caller has locked."""
    found = await PassengerRepository(session).list_documents([passenger.id])
    return Wallet(session, passenger, found.get(passenger.id, []), keys)
