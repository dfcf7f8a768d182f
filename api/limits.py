"""Limits as an endpoint declares them: `dependencies=[limited(CHAT)]`.

A caller is the user, else the conversation's token; and where neither was proved, the IP address, which is counted for
every visitor, since anybody can think of a token. Keys are hashed: a count says nothing about whom it counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Annotated

from fastapi import Depends, Request, params

from api.deps import CurrentActor, PartsDep
from core.security import Actor, Keys
from domain.contacts import normalise_email
from services.rate_limits import Bucket, count_call, hash_caller

IPV6_NETWORK_BITS = 64
"""What one subscriber is given: each may come from any of its addresses."""
MAX_EMAIL_CHARACTERS = 254

_WITH_PORT = re.compile(r"([\d.]+):\d+|\[([0-9a-fA-F:.]+)\](?::\d+)?")


async def get_client_address(request: Request, parts: PartsDep) -> str:
    """Where the call comes from, as a key to count by."""
    peer = request.client.host if request.client else ""
    forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
    return find_client_address(peer, forwarded, parts.settings.proxy_networks)


ClientAddress = Annotated[str, Depends(get_client_address)]


def find_client_address(peer: str, forwarded: str, trusted: Sequence[IPv4Network | IPv6Network]) -> str:
    """The peer; behind proxies of ours, whom they say they had it from: the right-most that is none of them.

    What stands further left in X-Forwarded-For was written by the client itself. An IPv6 address becomes its /64.
    """
    address = _read_address(peer)
    hops = forwarded.split(",") if forwarded else []
    while address is not None and hops and any(address in network for network in trusted):
        said = _read_address(hops.pop().strip())
        if said is None:
            break
        address = said
    if address is None:  # no peer with an address: a socket in the file system
        return peer
    if isinstance(address, IPv6Address):
        return str(IPv6Network((int(address), IPV6_NETWORK_BITS), strict=False))
    return str(address)


def _read_address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, which some proxies write with a port: 192.0.2.7:5678, [2001:db8::7]:5678."""
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ip_address(with_port[1] or with_port[2] if with_port else text)
    except ValueError:
        return None
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def limited(bucket: Bucket) -> params.Depends:
    """Counts callers by their credential. For `dependencies` of an endpoint."""

    async def count(parts: PartsDep, actor: CurrentActor, address: ClientAddress) -> None:
        await count_call(
            parts.transactions,
            bucket,
            caller=_name_caller(parts.settings.keys, actor),
            address=None if actor.user_id else hash_caller(parts.settings.keys, address),
        )

    return params.Depends(count)


def guarded(bucket: Bucket, *, by_mailbox: bool = False) -> params.Depends:
    """Counts callers who have yet to prove who they are: by address, and by the e-mail address they name from there.

    `by_mailbox`: by the e-mail address wherever it is named from, for what writes to it. For `dependencies`.
    """

    async def count(request: Request, parts: PartsDep, address: ClientAddress) -> None:
        keys, mailbox = parts.settings.keys, await _read_mailbox(request)
        caller = None
        if mailbox is not None:
            caller = hash_caller(keys, mailbox if by_mailbox else f"{address} {mailbox}")
        await count_call(parts.transactions, bucket, caller=caller, address=hash_caller(keys, address))

    return params.Depends(count)


async def _read_mailbox(request: Request) -> str | None:
    """The e-mail address in the body; None where the endpoint is going to refuse what is there."""
    try:
        body = json.loads(await request.body() or "null")
        text = body.get("email") if isinstance(body, dict) else None
        return normalise_email(text) if isinstance(text, str) and len(text) <= MAX_EMAIL_CHARACTERS else None
    except (ValueError, RecursionError):
        return None


def _name_caller(keys: Keys, actor: Actor) -> str | None:
    if actor.user_id is not None:
        return hash_caller(keys, str(actor.user_id))
    return actor.conversation_token_hash.hex() if actor.conversation_token_hash else None
