"""What waits for a person: listed, and settled; and travellers who asked for one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, get_args
from uuid import UUID

import typer

from commands.start import read_settings, run_in_database
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Transactions


def review() -> None:
    """List what waits for a person: bookings, refunds, orders that came too late."""
    from rich.console import Console
    from rich.table import Table

    from services.bookings.review import Case, list_cases

    cases: list[Case] = []

    async def run(transactions: Transactions, _: str) -> None:
        async with transactions() as session:
            cases.extend(await list_cases(session))

    run_in_database(read_settings(), run)
    if not cases:
        typer.echo("Nothing waits for a person.")
        return
    table = Table("what", "id", "since (UTC)", "reason", "provider", "PNR or transaction", "amount")
    for each in cases:
        amount = f"{each.amount.amount} {each.amount.currency}"
        since = f"{each.since:%Y-%m-%d %H:%M}"
        table.add_row(each.kind, str(each.id), since, each.reason, each.provider, each.reference, amount)
    Console(soft_wrap=True).print(table)


settle = typer.Typer(no_args_is_help=True, help="Say how something that waits for a person ended.")


@settle.command(name="booking")
def settle_booking(
    booking_id: UUID,
    decision: Annotated[str, typer.Argument(metavar="held|ticketed|cancelled|expired|failed|refunding")],
    order: Annotated[str | None, typer.Option(help="The provider's name of the order, where it is not known.")] = None,
    pnr: Annotated[str | None, typer.Option(help="The airline's PNR, where it is not known.")] = None,
) -> None:
    """Take a booking to where it was found to be; `refunding` gives all its money back."""
    from services.bookings import review

    chosen = _choose(decision, get_args(review.Decision))

    async def work(session: AsyncSession) -> str:
        after = await review.settle_booking(session, booking_id, chosen, order_id=order, record_locator=pnr)
        return f"The booking is {after}."

    _settle(work)


@settle.command(name="refund")
def settle_refund(refund_id: UUID, decision: Annotated[str, typer.Argument(metavar="done|again")]) -> None:
    """`done`: the traveller has the money. `again`: they do not, and the gateway may be asked once more."""
    from services.bookings import review

    chosen = _choose(decision, get_args(review.RefundDecision))

    async def work(session: AsyncSession) -> str:
        await review.settle_refund(session, refund_id, chosen)
        return "The refund is done." if chosen == "done" else "The gateway is asked again."

    _settle(work)


@settle.command(name="order")
def settle_order(order_id: UUID) -> None:
    """The tickets that came when their booking was over are given back at the provider."""
    from services.bookings import review

    async def work(session: AsyncSession) -> str:
        await review.settle_order(session, order_id)
        return "The order is done with."

    _settle(work)


tickets = typer.Typer(help="List the travellers who asked for a person, or say that one was answered.")


@tickets.callback(invoke_without_command=True)
def list_tickets(context: typer.Context) -> None:
    """List the tickets that are open, the longest waiting first."""
    if context.invoked_subcommand is not None:
        return
    from services.support.tickets import list_open_tickets

    async def run(transactions: Transactions, _: str) -> None:
        async with transactions() as session:
            found = await list_open_tickets(session)
        for each in found:
            who = f"account {each.user_id}" if each.user_id else "a visitor"
            since = f"{each.created_at:%Y-%m-%d %H:%M} UTC"
            typer.echo(f"{each.number}  {since}  {each.language}  {who}, conversation {each.conversation_id}")
            typer.echo(f"      {each.topic}\n      “{each.words}”")
        if not found:
            typer.echo("Nobody waits for an answer.")

    run_in_database(read_settings(), run)


@tickets.command(name="close")
def close(number: int) -> None:
    """The traveller was answered, or cannot be."""
    from services.support.tickets import close_ticket

    async def work(session: AsyncSession) -> str:
        if not await close_ticket(session, number):
            raise ConfigurationError(f"No ticket {number} is open.")
        return f"Ticket {number} is closed."

    _settle(work)


def _settle(work: Callable[[AsyncSession], Awaitable[str]]) -> None:
    """Do it in one transaction and say what came of it, or why it cannot be."""
    from services.bookings.review import CannotSettle

    async def run(transactions: Transactions, _: str) -> None:
        try:
            async with transactions() as session:
                told = await work(session)
        except CannotSettle as error:
            raise ConfigurationError(str(error)) from error
        typer.echo(told)

    run_in_database(read_settings(), run)


def _choose(decision: str, decisions: tuple[Any, ...]) -> Any:
    if decision not in decisions:
        raise ConfigurationError(f"{decision} is none of {', '.join(decisions)}.")
    return decision
