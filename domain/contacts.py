"""E-mail addresses and telephone numbers in the one form we store."""

from __future__ import annotations

import phonenumbers
from email_validator import EmailNotValidError, validate_email

HOME_REGION = "VN"
"""Where a number without a country code is taken to be."""


def normalise_email(text: str) -> str:
    """The address in NFC and without regard to case, so that one mailbox is one account; raises ValueError."""
    try:
        address = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=True).normalized
    except EmailNotValidError:
        raise ValueError("no e-mail address") from None  # the library's own words quote the address
    return address.lower()  # not casefold: ß and ss are two mailboxes


def mask_email(address: str) -> str:
    """Enough of an address to know one's own by: l…@example.com."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def normalise_phone(text: str) -> str:
    """The number as E.164; raises ValueError for one that nobody could have."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise ValueError("no telephone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
