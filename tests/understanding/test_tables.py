"""A lot of rows is asked as each row would be."""

from __future__ import annotations

import pytest

from tests.understanding.tables import in_lots


def check(number: int) -> None:
    assert 100 // number > 1


def test_every_wrong_row_of_a_lot_is_told_with_what_is_wrong() -> None:
    with pytest.raises(AssertionError) as told:
        in_lots([])(check)([50, 70, 3, 0])
    lines = str(told.value).splitlines()
    assert lines[0] == "2 of 4 rows are wrong"
    assert [line for line in lines if line.isdigit()] == ["70", "0"]
    assert "AssertionError: assert (100 // 70) > 1" in lines
    assert "ZeroDivisionError: integer division or modulo by zero" in lines


@pytest.mark.parametrize("count", [1, 40, 41, 400])
def test_no_row_is_left_out(count: int) -> None:
    rows = list(range(count))
    (mark,) = in_lots(rows)(check).pytestmark  # type: ignore[attr-defined]
    assert [row for lot in mark.args[1] for row in lot] == rows
