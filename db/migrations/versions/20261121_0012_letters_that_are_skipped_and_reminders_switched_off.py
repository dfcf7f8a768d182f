"""letters that are skipped, and reminders switched off"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_0012"
down_revision = "20261121_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_notification_logs_status"), "notification_logs")
    op.create_check_constraint(
        op.f("ck_notification_logs_status"),
        "notification_logs",
        "status IN ('queued', 'sent', 'failed', 'skipped')",
    )
    op.add_column("user_preferences", sa.Column("reminders", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.alter_column("user_preferences", "reminders", server_default=None)


def downgrade() -> None:
    op.drop_column("user_preferences", "reminders")
    op.execute("UPDATE notification_logs SET status = 'failed' WHERE status = 'skipped'")
    op.drop_constraint(op.f("ck_notification_logs_status"), "notification_logs")
    op.create_check_constraint(
        op.f("ck_notification_logs_status"), "notification_logs", "status IN ('queued', 'sent', 'failed')"
    )
