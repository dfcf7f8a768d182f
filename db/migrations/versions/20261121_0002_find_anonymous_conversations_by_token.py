"""find anonymous conversations by token"""

from __future__ import annotations

from alembic import op

revision = "20261121_0002"
down_revision = "20261121_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_conversations_token_hash"), "conversations", ["token_hash"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_conversations_token_hash"), table_name="conversations")
