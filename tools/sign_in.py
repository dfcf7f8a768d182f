"""What only somebody who is signed in can ask for."""

from __future__ import annotations

from core.messages import say
from tools.cards import start_card
from tools.context import ToolContext, Tooling, show_card
from tools.errors import SignInNeeded

SIGN_IN_PAGE = "/sign-in"


def require_sign_in(runtime: Tooling) -> None:
    """Show a visitor the way to sign in, and raise SignInNeeded."""
    ctx: ToolContext = runtime.context
    if ctx.actor.user_id is None:
        lines = [say("sign_in.text", ctx.language), say("sign_in.where", ctx.language, path=SIGN_IN_PAGE)]
        card = start_card("sign_in", lines, ctx.language, simulated=False)
        show_card(runtime, card | {"page_path": SIGN_IN_PAGE})
        raise SignInNeeded
