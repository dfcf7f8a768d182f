"""What airlines call an order and its tickets: the same for the same order."""

from __future__ import annotations

from providers.sandbox.dice import Dice

_LOCATOR_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_LOCATOR_LENGTH = 6
_ACCOUNTING_CODES = {
    "VN": "738", "VJ": "978", "QH": "926", "SQ": "618", "TG": "217", "CX": "160", "JL": "131", "NH": "205",
    "KE": "180", "OZ": "988", "CI": "297", "BR": "695", "MH": "232", "GA": "126", "PR": "079", "EK": "176",
    "QR": "157", "EY": "607", "TK": "235", "LH": "220", "AF": "057", "KL": "074", "BA": "125", "QF": "081",
    "NZ": "086", "UA": "016", "AA": "001", "DL": "006", "AC": "014", "CA": "999", "MU": "781", "CZ": "784",
}  # fmt: skip
"""The first three digits of a ticket number; other carriers get some of their own here."""


def record_locator(dice: Dice, order_id: str) -> str:
    rolls = (dice.roll("locator", order_id, place) for place in range(_LOCATOR_LENGTH))
    return "".join(_LOCATOR_LETTERS[int(roll * len(_LOCATOR_LETTERS))] for roll in rolls)


def issue_tickets(dice: Dice, carrier: str, order_id: str, travellers: int, version: int) -> tuple[str, ...]:
    """Thirteen digits for each traveller; another `version` of the order gets other tickets."""
    code = _ACCOUNTING_CODES.get(carrier) or f"{int(1000 * dice.roll('accounting', carrier)):03}"
    rolls = (dice.roll("ticket", order_id, version, traveller) for traveller in range(travellers))
    return tuple(f"{code}{int(10**10 * roll):010}" for roll in rolls)
