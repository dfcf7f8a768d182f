"""What can keep a letter from being written again.

AppError
├── NothingToConfirm   409  the booking is neither held nor ticketed
└── EmailUnverified    409  letters about bookings go to an address that its owner has confirmed
"""

from __future__ import annotations

from core.errors import Conflict


class NothingToConfirm(Conflict):
    code = "nothing_to_confirm"


class EmailUnverified(Conflict):
    code = "email_unverified"
