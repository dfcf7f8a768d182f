"""Reading the data files the simulated world is made of."""

from __future__ import annotations

from pathlib import Path


def read_table(file_name: str) -> list[dict[str, str]]:
    """The rows of a tab-separated file beside this module, by column name."""
    header, *lines = Path(__file__).with_name(file_name).read_text(encoding="utf-8").splitlines()
    columns = header.split("\t")
    return [dict(zip(columns, line.split("\t"), strict=True)) for line in lines]
