"""looked up by their names"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_0014"
down_revision = "20261121_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_unique_constraint(op.f("uq_payments_reference"), "payments", ["reference"])
    op.drop_constraint(op.f("uq_payments_provider_reference"), "payments", type_="unique")
    op.create_index(op.f("ix_bookings_provider_order_id"), "bookings", ["provider_order_id"], unique=False)
    op.create_index(
        "ix_bookings_pay_by",
        "bookings",
        ["pay_by"],
        unique=False,
        postgresql_where=sa.text("phase IN ('held', 'paying')"),
    )


def downgrade() -> None:
    op.drop_index("ix_bookings_pay_by", table_name="bookings")
    op.drop_index(op.f("ix_bookings_provider_order_id"), table_name="bookings")
    op.create_unique_constraint(op.f("uq_payments_provider_reference"), "payments", ["provider", "reference"])
    op.drop_constraint(op.f("uq_payments_reference"), "payments", type_="unique")
