"""What keeps an answer to a card from counting.

AppError
├── NotFound
│   └── ProposalNotFound     404
├── InvalidInput
│   └── AddressUnclear       422  what stands there is no address, or is no more
└── Conflict
    ├── QuoteMismatch        409  another card than the one that stands
    ├── ProposalClosed       409  answered already, or a newer card took its place; `status` tells
    ├── ProposalExpired      409
    └── TermsChanged         409  less comes back now; the body has the new card
"""

from __future__ import annotations

from core.errors import Conflict, InvalidInput, NotFound


class ProposalNotFound(NotFound):
    code = "proposal_not_found"


class AddressUnclear(InvalidInput):
    code = "address_unclear"


class QuoteMismatch(Conflict):
    code = "quote_mismatch"


class ProposalClosed(Conflict):
    code = "proposal_closed"


class ProposalExpired(Conflict):
    code = "proposal_expired"


class TermsChanged(Conflict):
    code = "terms_changed"
