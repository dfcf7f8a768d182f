"""The ways to pay that this installation has, and how they reach us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from db.models import Payment
from domain.money import Money
from providers.payments.base import Charge, PaymentGateway
from services.payments.errors import NoPaymentMethod

RETURN_PATH = "/payments/return"
NOTICE_PATH = "/v1/payments/webhook"


@dataclass(frozen=True, slots=True)
class Gateways:
    """The preferred first."""

    methods: tuple[PaymentGateway, ...]
    base_url: str
    """Where gateways and browsers find this server."""

    def find(self, name: str) -> PaymentGateway | None:
        return next((each for each in self.methods if each.name == name), None)

    def for_currency(self, currency: str, *, simulated: bool) -> tuple[PaymentGateway, ...]:
        """What takes this money for a trip that is `simulated` or real; raises NoPaymentMethod where nothing does."""
        found = tuple(each for each in self.methods if currency in each.currencies and _is_simulated(each) == simulated)
        if not found:
            raise NoPaymentMethod
        return found

    def choose(self, provider: str | None, currency: str, *, simulated: bool) -> PaymentGateway:
        """The one asked for, else the preferred; raises NoPaymentMethod."""
        fit = self.for_currency(currency, simulated=simulated)
        chosen = next((each for each in fit if provider in (None, each.name)), None)
        if chosen is None:
            raise NoPaymentMethod
        return chosen

    def find_for(self, payment: Payment) -> PaymentGateway | None:
        """The gateway a payment was made with; None where it is configured no more, or is of another world now."""
        gateway = self.find(payment.provider)
        return gateway if gateway is not None and is_of_world(gateway, payment) else None

    def make_charge(self, payment: Payment) -> Charge:
        """The same for every question about a payment."""
        language: Literal["vi", "en"] = "vi" if payment.language == "vi" else "en"
        return Charge(
            reference=payment.reference,
            amount=amount_of(payment),
            # without the airline's own number, with which a stranger could look at the booking
            description="Thanh toan ve may bay",
            created_at=payment.created_at,
            expires_at=payment.expires_at,
            client_address=payment.client_address,
            language=language,
            return_url=f"{self.base_url}{RETURN_PATH}/{payment.reference}",
            notice_url=f"{self.base_url}{NOTICE_PATH}/{payment.provider}",
        )


def is_of_world(gateway: PaymentGateway, payment: Payment) -> bool:
    """Whether a gateway may speak of a payment: play money is no business of a live one, nor the other way round."""
    return _is_simulated(gateway) == payment.simulated


def amount_of(payment: Payment) -> Money:
    return Money(amount_minor=payment.amount_minor, currency=payment.currency)


def _is_simulated(gateway: PaymentGateway) -> bool:
    return gateway.mode != "live"
