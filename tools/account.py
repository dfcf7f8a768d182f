"""The account itself: the address it is reached at."""

from __future__ import annotations

from typing import Annotated, Any

from langchain.tools import tool
from langgraph.types import Command
from pydantic import Field

from services.proposals.personal import propose_email_change as ask_to_change
from tools.context import ToolContext, Tooling, answer_call
from tools.proposals import ask_on_card, read_question
from tools.sign_in import require_sign_in

EmailPlaceholder = Annotated[str, Field(pattern=r"^\[email-\d{1,4}\]$")]


@tool
async def propose_email_change(new_address: EmailPlaceholder, runtime: Tooling) -> Command[Any]:
    """Show the card that asks to change the account's e-mail address: a code goes to the new one. Sends nothing itself.

    Args:
        new_address: The placeholder that stands for the address the traveller wrote, e.g. '[email-1]'.
    """
    ctx: ToolContext = runtime.context
    require_sign_in(runtime)
    proposal = await ask_to_change(
        ctx.consent,
        ctx.actor,
        placeholder=new_address,
        language=ctx.language,
        conversation_id=ctx.conversation_id,
        tool_call_id=runtime.tool_call_id,
    )
    return answer_call(runtime, ask_on_card(runtime, await read_question(ctx, proposal)), {})
