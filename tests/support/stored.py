"""A look behind the product: where in its database a text has gone."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import psycopg
from psycopg import sql


def disguise(secret: str) -> set[str]:
    """The forms a secret may hide in."""
    return {
        secret,
        quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
        secret[::-1],
        " ".join(secret),
        json.dumps(secret)[1:-1],
    }


def find_stored(database_url: str, needles: list[str]) -> dict[str, set[str]]:
    """For each text, the tables of any schema with a row that holds it: in a text, a JSON document or raw bytes."""
    found: dict[str, set[str]] = {needle: set() for needle in needles}
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in tables:
            rows = connection.execute(
                sql.SQL("SELECT row::text FROM {}.{} row").format(*map(sql.Identifier, (schema, table)))
            )
            text = "\n".join(row for (row,) in rows)
            for needle in needles:
                # bytes come out in hexadecimal
                if needle in text or needle.encode().hex() in text:
                    found[needle].add(f"{schema}.{table}")
    return found
