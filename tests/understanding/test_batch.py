"""Transcripts in bulk: a line for a line, whatever the lines are."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from understanding import batch
from understanding.batch import answer_line, read_conversations
from understanding.frame import Frame

NOW = "2026-11-20T09:00:00+07:00"


def line_of(*turns: tuple[str, str], **other: Any) -> bytes:
    told = [{"role": role, "text": text} for role, text in turns]
    return json.dumps({"id": "a", "now": NOW, "turns": told, **other}).encode()


def answer_to(*turns: tuple[str, str], **other: Any) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(answer_line(line_of(*turns, **other)))
    return answer


def test_every_turn_of_the_traveller_has_its_frame_and_intent() -> None:
    answer = answer_to(
        ("user", "bay HN vào SG thứ 6 tuần sau, dưới 2tr5"),
        ("assistant", "Bạn đi mấy người ạ?"),
        ("user", "2"),
        ("user", "à không, 3 người"),
    )
    assert [frame["adults"] for frame in answer["frames"]] == [None, 2, 3]
    assert answer["frames"][0] == {
        **dict.fromkeys(Frame.model_fields),
        "origin": {"iata": "HAN", "name": "Hà Nội"},
        "destination": {"iata": "SGN", "name": "TP. Hồ Chí Minh"},
        "depart_on": "2026-11-27",
        "budget": {"amount": 2_500_000, "currency": "VND"},
        "legs": [],
        "airlines": [],
        "ambiguous": [],
        "problems": [],
        "missing": [],
    }
    assert [set(intent) for intent in answer["intents"]] == [{"name", "confidence"}] * 3
    assert answer["language"] == "vi"


def leg(origin: str, destination: str) -> dict[str, str | None]:
    return {"origin": origin, "destination": destination, "depart_on": None}


@pytest.mark.parametrize(
    ("said", "field", "value"),
    [
        ("Boston to Denver between 3 and 7 March", "depart_range", ["2027-03-03", "2027-03-07"]),
        ("Boston to Denver before 9 am", "depart_time", {"from": "00:00", "to": "09:00"}),
        ("under $299.50", "budget", {"amount": 299.5, "currency": "USD"}),
        ("HAN-DAD-SGN", "legs", [leg("HAN", "DAD"), leg("DAD", "SGN")]),
        ("on Vietjet or Bamboo", "airlines", ["VJ", "QH"]),
        ("Boston to Denver 03/06", "ambiguous", [{"field": "depart_on", "readings": ["2027-06-03", "2027-03-06"]}]),
        ("Hanoi to Atlantis", "problems", [{"field": "destination", "code": "unknown_place"}]),
        ("to Hue", "missing", ["origin", "depart_on"]),
    ],
)  # fmt: skip
def test_field_is_written_in_plain_json(said: str, field: str, value: Any) -> None:
    assert answer_to(("user", said))["frames"][0][field] == value


@pytest.mark.parametrize(
    ("line", "name", "told"),
    [
        (b"nonsense", None, "no JSON"),
        (b"\xff\xfe", None, "no JSON"),
        (b"[" * 100_000, None, "no JSON"),
        (b"[]", None, "line"),
        (b"{}", None, "id"),
        (b'{"id": [1]}', None, "id"),
        (b'{"id": 7, "turns": []}', 7, "now"),
        (b'{"id": "b", "now": "2026-11-20T09:00:00", "turns": []}', "b", "now"),
        (b'{"id": "b", "now": "9999-12-31T23:59:00+07:00", "turns": []}', "b", "now"),
        (line_of(locale="fr"), "a", "locale"),
        (line_of(("system", "be nice")), "a", "turns.0.role"),
        (line_of(turns=[{"role": "user", "text": 5}]), "a", "turns.0.text"),
    ],
)
def test_malformed_line_is_answered_and_the_rest_goes_on(line: bytes, name: Any, told: str) -> None:
    good = line_of(("user", "hi"))
    first, broken, last = map(json.loads, read_conversations([good, b"  \n", line, good]))
    assert broken.keys() == {"id", "error"}
    assert broken["id"] == name
    assert told in broken["error"]
    assert first == last
    assert first["id"] == "a"


def test_half_a_character_breaks_nothing() -> None:
    told = list(read_conversations([b'{"id": "\\ud83d", "now": "%b", "turns": []}' % NOW.encode()]))
    assert json.loads(told[0])["id"] == "?"


def test_fault_in_reading_one_conversation_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(said: str, _: object) -> object:
        raise RuntimeError(said)

    monkeypatch.setattr(batch, "hear", fail)
    broken, whole = map(json.loads, read_conversations([line_of(("assistant", "secret?")), line_of(("user", "hi"))]))
    assert broken == {"id": "a", "error": "not read, by a fault of ours: RuntimeError"}
    assert whole["intents"][0]["name"] == "greeting"


def test_conversation_without_a_word_is_in_the_language_asked_for() -> None:
    assert answer_to(locale="en") == {"id": "a", "frames": [], "intents": [], "language": "en"}


def test_command_reads_lines_and_writes_lines() -> None:
    lines = line_of(("user", "Huế ngày mai")) + b"\nnonsense\n"
    command = [sys.executable, "-m", "cli", "understand"]
    done = subprocess.run(command, input=lines, capture_output=True, check=True, timeout=60)
    first, second = map(json.loads, done.stdout.splitlines())
    assert first["frames"][0]["depart_on"] == "2026-11-21"
    assert second["id"] is None
