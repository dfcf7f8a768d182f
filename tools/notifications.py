"""What the traveller is written about their bookings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from langchain.tools import tool
from langgraph.types import Command

from core.messages import Language, say
from services.notifications.history import BookingLetter, read_outlook
from tools.cards import start_card
from tools.context import ToolContext, Tooling, answer_call, show_card
from tools.sign_in import require_sign_in
from tools.wording import moment_text

MAX_LETTERS = 5
"""Of those to come, and of those sent: what one card and one answer hold."""


@tool
async def my_notifications(runtime: Tooling) -> Command[Any]:
    """Tell which reminders the traveller will get about their bookings, which letters went out, and what is on."""
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    async with ctx.transactions() as session:
        outlook = await read_outlook(session, ctx.actor, limit=MAX_LETTERS)
    channels = [
        say("notices.email_on" if outlook.is_reachable else "notices.email_off", ctx.language),
        say("notices.reminders_on" if outlook.wants_reminders else "notices.reminders_off", ctx.language),
        say("notices.no_other_channel", ctx.language),
    ]
    planned = _letter_lines(outlook.planned, ctx.now.tzinfo, ctx.language)
    sent = _letter_lines(outlook.sent, ctx.now.tzinfo, ctx.language)
    lines = [
        say("notices.planned" if planned else "notices.none_planned", ctx.language),
        *planned,
        say("notices.sent" if sent else "notices.none_sent", ctx.language),
        *sent,
        *channels,
    ]
    show_card(runtime, start_card("notice", lines, ctx.language, simulated=False))
    return answer_call(runtime, {"planned": planned, "sent": sent, "channels": channels}, {})


def _letter_lines(letters: Sequence[BookingLetter], zone: tzinfo | None, language: Language) -> list[str]:
    return [
        " · ".join(
            part
            for part in (
                moment_text(each.at, zone, language),
                say(f"notices.letter.{each.type}", language),
                each.booking_reference,
            )
            if part
        )
        for each in letters
    ]
