"""offers alone know when they expire"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_0007"
down_revision = "20261121_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_flight_offer_cache_search_key_expires_at"), table_name="flight_offer_cache")
    op.drop_index(op.f("ix_flight_offer_cache_expires_at"), table_name="flight_offer_cache")
    op.drop_column("flight_offer_cache", "expires_at")


def downgrade() -> None:
    op.execute("DELETE FROM flight_offer_cache")
    op.add_column("flight_offer_cache", sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False))
    op.create_index(op.f("ix_flight_offer_cache_expires_at"), "flight_offer_cache", ["expires_at"], unique=False)
    op.create_index(
        op.f("ix_flight_offer_cache_search_key_expires_at"),
        "flight_offer_cache",
        ["search_key", "expires_at"],
        unique=False,
    )
