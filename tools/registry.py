"""Every tool, by what it may do: READ tools look, and no other kind exists until a proposal can be approved."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from tools.flights import get_offer_details, search_flights

READ_TOOLS: tuple[BaseTool, ...] = (search_flights, get_offer_details)
