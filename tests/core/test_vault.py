from __future__ import annotations

from typing import Any

import pytest

from core.ids import new_id
from core.vault import Unsealable, Vault, new_document_key, read_document_keys

ROW = new_id()


def make_vault(*keys: str) -> Vault:
    return Vault(read_document_keys(",".join(keys or (new_document_key(),))))


def test_sealed_text_opens_in_its_place_and_shows_nothing() -> None:
    vault = make_vault()
    sealed = vault.seal("C1234567", table="identity_documents", column="number", row_id=ROW)
    assert "C1234567" not in sealed
    assert vault.open(sealed, table="identity_documents", column="number", row_id=ROW) == "C1234567"


def test_same_text_is_sealed_differently_each_time() -> None:
    vault = make_vault()
    assert len({vault.seal("C1234567", table="t", column="c", row_id=ROW) for _ in range(10)}) == 10


@pytest.mark.parametrize("moved", [{"table": "other"}, {"column": "other"}, {"row_id": new_id()}])
def test_text_moved_to_another_place_does_not_open(moved: dict[str, Any]) -> None:
    vault = make_vault()
    place: dict[str, Any] = {"table": "identity_documents", "column": "number", "row_id": ROW}
    sealed = vault.seal("C1234567", **place)
    with pytest.raises(Unsealable):
        vault.open(sealed, **place | moved)


def test_altered_text_does_not_open() -> None:
    vault = make_vault()
    sealed = vault.seal("C1234567", table="t", column="c", row_id=ROW)
    altered = sealed[:-4] + ("AAA=" if not sealed.endswith("AAA=") else "BBB=")
    with pytest.raises(Unsealable):
        vault.open(altered, table="t", column="c", row_id=ROW)


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    old, new = new_document_key(), new_document_key()
    sealed = make_vault(old).seal("C1234567", table="t", column="c", row_id=ROW)
    vault = make_vault(new, old)
    assert vault.open(sealed, table="t", column="c", row_id=ROW) == "C1234567"
    assert vault.seal("x", table="t", column="c", row_id=ROW).split("|")[1] == new.split(":")[0]
    with pytest.raises(Unsealable):
        make_vault(new).open(sealed, table="t", column="c", row_id=ROW)


@pytest.mark.parametrize("text", ["", "k1", "k1:", "k1:AAAA", ":" + "A" * 43 + "=", "k 1:" + "A" * 43 + "="])
def test_malformed_keys_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="id:key"):
        read_document_keys(text)
