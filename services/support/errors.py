"""What keeps a ticket from being opened.

Conflict
└── TicketJustOpened   409  the conversation has one of the last minutes, with its `number`
"""

from __future__ import annotations

from core.errors import Conflict


class TicketJustOpened(Conflict):
    code = "ticket_just_opened"
