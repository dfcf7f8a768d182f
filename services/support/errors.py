"""What keeps a ticket from being opened, or from being closed.

Conflict
└── TicketJustOpened   409  the conversation has one of the last minutes, with its `number`
Exception
└── TicketNotOpen           for whoever has the command line
"""

from __future__ import annotations

from core.errors import Conflict


class TicketJustOpened(Conflict):
    code = "ticket_just_opened"


class TicketNotOpen(Exception):
    """The message says to an operator why not."""
