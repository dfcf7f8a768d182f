"""Money in minor units of an ISO 4217 currency; never a float."""

from __future__ import annotations

from decimal import Decimal
from functools import total_ordering
from typing import Annotated, Any

from babel.numbers import get_currency_precision, list_currencies
from pydantic import BaseModel, ConfigDict, Field, model_serializer, model_validator

CurrencyCode = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]


@total_ordering
class Money(BaseModel):
    """An amount in a currency's smallest unit (VND has none: the amount is in đồng)."""

    model_config = ConfigDict(frozen=True)

    amount_minor: int
    currency: CurrencyCode

    @model_validator(mode="before")
    @classmethod
    def _read_wire_form(cls, value: Any) -> Any:
        if isinstance(value, dict) and "amount" in value:
            parsed = cls.parse(str(value["amount"]), str(value["currency"]))
            return {"amount_minor": parsed.amount_minor, "currency": parsed.currency}
        return value

    @model_serializer
    def _write_wire_form(self) -> dict[str, str]:
        return {"amount": str(self.amount), "currency": self.currency}

    @classmethod
    def parse(cls, amount: str, currency: str) -> Money:
        """Read a decimal string; raises ValueError for an unknown currency, NaN, or digits below the minor unit."""
        if currency not in list_currencies():
            raise ValueError(f"Unknown currency {currency!r}.")
        value = Decimal(amount).scaleb(get_currency_precision(currency)) if _is_plain(amount) else None
        if value is None or value != value.to_integral_value():
            raise ValueError(f"{amount!r} is not an amount in {currency}.")
        return cls(amount_minor=int(value), currency=currency)

    @classmethod
    def floor(cls, amount: Decimal, currency: str) -> Money:
        """The largest amount of the currency that is no more than this."""
        return cls(amount_minor=int(amount.scaleb(get_currency_precision(currency))), currency=currency)

    @property
    def amount(self) -> Decimal:
        """The amount in major units, exactly."""
        precision = get_currency_precision(self.currency)
        return Decimal(self.amount_minor).scaleb(-precision)

    def __add__(self, other: Money) -> Money:
        return Money(amount_minor=self.amount_minor + self._same(other).amount_minor, currency=self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(amount_minor=self.amount_minor - self._same(other).amount_minor, currency=self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(amount_minor=self.amount_minor * count, currency=self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount_minor < self._same(other).amount_minor

    def _same(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError(f"Cannot combine {self.currency} with {other.currency}.")
        return other


def _is_plain(amount: str) -> bool:
    digits = amount.removeprefix("-").replace(".", "", 1)
    return digits.isascii() and digits.isdigit()
