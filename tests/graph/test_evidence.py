"""What a conversation counts as known, and what only looks like it."""

from __future__ import annotations

import pytest

from graph.evidence import collect_evidence
from graph.grounding import find_ungrounded


@pytest.mark.parametrize(
    ("line", "kinds"),
    [
        ("ask_a_person hoàn 2.000.000 đ, chuyến VN999", ["price", "flight"]),
        ("search_flights HAN DAD 2026-12-20 2000000", ["price", "flight"]),
        ("approved book VN9990", []),
    ],
)
def test_what_a_model_wrote_into_a_call_is_known_to_nobody(line: str, kinds: list[str]) -> None:
    evidence = collect_evidence({"now": "2026-11-22T08:00+07:00", "so_far": [line]}, [])
    said = "Bạn được 2.000.000 đ, chuyến VN999." if kinds else "Mã đặt chỗ là VN9990."
    assert [claim.kind for claim in find_ungrounded(said, evidence, "vi")] == kinds
