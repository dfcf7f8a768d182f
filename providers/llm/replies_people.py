"""What the offline model says of who travels, how they like it, and what they are written."""

from __future__ import annotations

from collections.abc import Sequence

from core.messages import Language, say
from providers.llm.replies_wording import Facts, say_varied


def tell_passengers(result: Facts, facts: Facts, language: Language) -> str:
    people = result["passengers"]
    if not people:
        return say_varied("replies.passengers_none", facts, language)
    lines = [
        say_varied("replies.passengers_head", facts, language, count=len(people)),
        *(f"{each['number']}. {_person_text(each, language)}" for each in people),
        *([say("replies.passengers_more", language, count=more)] if (more := result["not_listed"]) else []),
        "",
        say_varied("replies.passengers_next", facts, language),
    ]
    return "\n".join(lines)


def tell_passenger_form(_result: Facts, facts: Facts, language: Language) -> str:
    return say_varied("replies.passenger_form", facts, language)


def tell_readiness(result: Facts, facts: Facts, language: Language) -> str:
    lines = [result["verdict"], *(f"- {each}" for each in (*result["problems"], *result["warnings"]))]
    key = "replies.readiness_ready" if result["ready"] else "replies.readiness_mend"
    return _close(lines, say_varied(key, facts, language, number=result["number"]))


def tell_preferences(result: Facts, facts: Facts, language: Language) -> str:
    kept = [each["text"] for each in result["preferences"]]
    if not kept:
        return say_varied("replies.preferences_none", facts, language)
    lines = [say_varied("replies.preferences_head", facts, language), *(f"- {each}" for each in kept)]
    return _close(lines, say("replies.preferences_next", language))


def tell_notifications(result: Facts, _facts: Facts, language: Language) -> str:
    return "\n".join(
        [
            *_section("planned", result["planned"], language),
            *_section("sent", result["sent"], language),
            " ".join(result["channels"]),
        ]
    )


def tell_visa_hints(result: Facts, _facts: Facts, language: Language) -> str:
    """Hints, and that they are no more than that."""
    hints, notes = result["hints"], " ".join(result["notes"])
    if not result["destinations"]:
        return " ".join([*hints, notes]).strip()
    lines = [say("replies.visa_head", language), *(f"- {each}" for each in hints)]
    return _close(lines, notes) if notes else "\n".join(lines)


def tell_policy(result: Facts, _facts: Facts, language: Language) -> str:
    """The section word for word, under its title."""
    return f"{say('replies.policy_head', language, title=result['title'])}\n\n{result['text']}"


def _person_text(person: Facts, language: Language) -> str:
    missing = ", ".join(person["missing"])
    lacks = [say("replies.passenger_lacks", language, missing=missing)] if missing else []
    return " · ".join([f"**{person['name']}**", person["passport"], *lacks])


def _section(name: str, lines: Sequence[str], language: Language) -> list[str]:
    if not lines:
        return [say(f"notices.none_{name}", language), ""]
    return [say(f"notices.{name}", language), *(f"- {each}" for each in lines), ""]


def _close(lines: Sequence[str], sentence: str) -> str:
    """A list is told from the sentence after it by a blank line."""
    return "\n".join([*lines, "", sentence] if len(lines) > 1 else [" ".join([*lines, sentence])])
