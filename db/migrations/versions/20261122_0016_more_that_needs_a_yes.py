"""more that needs a yes, one open card in a conversation, and what answered it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0016"
down_revision = "20261122_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("proposals", sa.Column("answered_in", sa.Uuid(), nullable=True))
    op.add_column("proposals", sa.Column("tool_call_id", sa.String(), nullable=True))
    op.create_foreign_key(
        op.f("fk_proposals_answered_in_conversation_messages"),
        "proposals",
        "conversation_messages",
        ["answered_in"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_index(op.f("ix_proposals_answered_in"), "proposals", ["answered_in"], unique=False)
    op.drop_constraint(op.f("ck_proposals_action"), "proposals", type_="check")
    op.create_check_constraint(
        op.f("ck_proposals_action"),
        "proposals",
        "action IN ('book', 'cancel', 'change', 'calendar', 'remember', 'forget_document', 'change_email')",
    )
    # of several that are open nobody knows any more which was shown last
    op.execute(
        "UPDATE proposals SET status = 'void', decided_at = now() WHERE status = 'open' AND conversation_id IS NOT NULL"
    )
    op.create_index(
        "uq_proposals_open_conversation_id",
        "proposals",
        ["conversation_id"],
        unique=True,
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    op.drop_index("uq_proposals_open_conversation_id", table_name="proposals")
    op.execute("DELETE FROM proposals WHERE action NOT IN ('book', 'cancel', 'change')")
    op.drop_constraint(op.f("ck_proposals_action"), "proposals", type_="check")
    op.create_check_constraint(op.f("ck_proposals_action"), "proposals", "action IN ('book', 'cancel', 'change')")
    op.drop_index(op.f("ix_proposals_answered_in"), table_name="proposals")
    op.drop_constraint(op.f("fk_proposals_answered_in_conversation_messages"), "proposals", type_="foreignkey")
    op.drop_column("proposals", "tool_call_id")
    op.drop_column("proposals", "answered_in")
