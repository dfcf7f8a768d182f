"""What only somebody who is signed in can ask for."""

from __future__ import annotations

from core.messages import say
from tools.cards import start_card
from tools.context import ToolContext, Tooling, show_card
from tools.errors import SignInNeeded


def require_sign_in(runtime: Tooling) -> None:
    """Show a visitor the way to sign in, and raise SignInNeeded."""
    ctx: ToolContext = runtime.context
    if ctx.actor.user_id is None:
        text = say("sign_in.text", ctx.language)
        show_card(runtime, start_card("sign_in", [text], ctx.language, simulated=False))
        raise SignInNeeded
