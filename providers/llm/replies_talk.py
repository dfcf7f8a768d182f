"""What the offline model says when nothing was looked up: small talk, what an agent does, and what it needs to know."""

from __future__ import annotations

import re

from core.messages import Language, find_key
from providers.llm.replies_questions import find_question, note_days, resume
from providers.llm.replies_wording import Facts, say_varied
from understanding.reading import Intent

_NO_TRIP_NOW = {"goodbye", "start_over"}
"""Whoever says these does not want to go on."""
_MEANT_FOR_TRIP = {"yes"}
"""What the concierge answers with the trip, and another agent with what it can do."""
_SENTENCE_END = re.compile(r"(?<=[.?!…])\s+")


def talk(facts: Facts, language: Language) -> str:
    """The agent's own words for what the traveller wants; the trip again after an interruption."""
    match facts.get("agent"):
        case "flight":
            return _ask_next(facts, language)
        case "concierge":
            return _chat(facts, language)
        case agent:
            return say_varied(_find_words(str(agent), facts, language), facts, language)


def _chat(facts: Facts, language: Language) -> str:
    told = say_varied(_find_words("concierge", facts, language), facts, language)
    resumed = None if facts.get("intent") in _NO_TRIP_NOW else resume(facts, language)
    if resumed is None:
        return told
    # one question is enough, and that is the one of the trip
    statements = [sentence for sentence in _SENTENCE_END.split(told) if not sentence.endswith("?")]
    return " ".join([*statements, resumed])


def _ask_next(facts: Facts, language: Language) -> str:
    """What the flight agent has to know next."""
    question, intent = find_question(facts, language), facts.get("intent")
    if question is None:
        return say_varied(_find_words("flight", facts, language), facts, language)
    if intent in ("seat_map", "fare_rules"):
        return " ".join([say_varied(f"flight.{intent}", facts, language), question])
    if intent in ("question", "details"):
        return " ".join([say_varied("flight.unanswered", facts, language), question])
    noted = note_days(facts, language)
    return f"{noted} {question}" if noted else question


def _find_words(agent: str, facts: Facts, language: Language) -> str:
    """An agent's own sentence for an intent, else anybody's, else what the agent can do."""
    intent = facts.get("intent")
    if intent is None or (agent != "concierge" and intent in _MEANT_FOR_TRIP):
        return f"{agent}.other"
    wider = Intent(name=intent, confidence=1).public_name
    keys = (f"{agent}.{intent}", f"concierge.{intent}", f"{agent}.{wider}", f"concierge.{wider}")
    return find_key(language, *keys) or f"{agent}.other"
