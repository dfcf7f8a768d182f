"""What a client of Duffel sends, as far as the simulated one reads it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.offers import CabinClass
from domain.travellers import ADULT_AGE, CHILD_AGE, MAX_AGE, MAX_TRAVELLERS, TravellerType

MAX_PAGE = 200
ACCEPT_LATER = "accept_later"

PlaceCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
_NAME_LETTERS = r"A-Za-zÀ-ÅÇ-ÖØ-Ýß-åç-ïñ-öø-ýÿ-ıĴ-őŔ-ſ"
PersonName = Annotated[str, Field(min_length=1, max_length=20, pattern=rf"^[ \-'{_NAME_LETTERS}]+$")]
"""Latin letters without ligatures, thorn and eth: airlines print no others."""


class Sent(BaseModel):
    """Part of a request; what we do not read is ignored, as Duffel does."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class SliceSent(Sent):
    origin: PlaceCode
    destination: PlaceCode
    departure_date: date


class PassengerSent(Sent):
    """An adult by type, anybody else by the age on the day of travel."""

    type: Literal["adult"] | None = None
    age: int | None = Field(default=None, ge=0, le=MAX_AGE)

    @model_validator(mode="after")
    def _check_one_is_given(self) -> PassengerSent:
        if (self.type is None) == (self.age is None):
            raise ValueError("a passenger has either a type or an age")
        return self

    @property
    def traveller_type(self) -> TravellerType:
        if self.age is None or self.age >= ADULT_AGE:
            return "adult"
        return "child" if self.age >= CHILD_AGE else "infant"


class OfferRequestSent(Sent):
    slices: list[SliceSent] = Field(min_length=1, max_length=6)
    passengers: list[PassengerSent] = Field(min_length=1, max_length=MAX_TRAVELLERS)
    cabin_class: CabinClass = "economy"


class OfferRequestParams(Sent):
    return_offers: bool = True


class OfferParams(Sent):
    return_available_services: bool = False


class PageParams(Sent):
    limit: int = Field(default=50, ge=1, le=MAX_PAGE)
    after: str | None = None


class OfferListParams(PageParams):
    offer_request_id: str
    sort: Literal["total_amount"] | None = None


class SeatMapParams(Sent):
    offer_id: str


class PaymentSent(Sent):
    type: Literal["balance", "arc_bsp_cash", "card"]
    amount: str
    currency: str


class DocumentSent(Sent):
    type: str
    unique_identifier: str
    issuing_country_code: str
    expires_on: date | None = None


class OrderPassengerSent(Sent):
    id: str
    title: Literal["mr", "ms", "mrs", "miss", "dr"]
    given_name: PersonName
    family_name: PersonName
    gender: Literal["m", "f"]
    born_on: date
    email: Annotated[str, Field(pattern=r"^\S+@\S+$")]
    phone_number: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")]
    infant_passenger_id: str | None = None
    identity_documents: list[DocumentSent] = Field(default=[])


class ServiceSent(Sent):
    id: str
    quantity: int = Field(default=1, ge=1)


class OrderSent(Sent):
    type: Literal["instant", "hold", "pay_later"]
    """Duffel's guides say `hold`, its newest types `pay_later`."""
    selected_offers: list[str] = Field(min_length=1, max_length=1)
    passengers: list[OrderPassengerSent] = Field(min_length=1)
    payments: list[PaymentSent] = Field(default=[], max_length=1)
    services: list[ServiceSent] = Field(default=[])
    metadata: dict[str, str] = Field(default={})

    @property
    def is_hold(self) -> bool:
        return self.type != "instant"


class OrderPaymentSent(Sent):
    order_id: str
    payment: PaymentSent


class CancellationSent(Sent):
    order_id: str


class RemovedSlice(Sent):
    slice_id: str


class ChangedSlices(Sent):
    """The n-th slice added takes the place of the n-th removed."""

    remove: list[RemovedSlice] = Field(min_length=1)
    add: list[SliceSent] = Field(min_length=1)

    @model_validator(mode="after")
    def _check_they_pair(self) -> ChangedSlices:
        if len(self.remove) != len(self.add):
            raise ValueError("as many slices have to be added as are removed")
        return self


class ChangeRequestSent(Sent):
    order_id: str
    slices: ChangedSlices


class OrderChangeSent(Sent):
    selected_order_change_offer: str


class ConfirmChangeSent(Sent):
    payment: PaymentSent | None = None
