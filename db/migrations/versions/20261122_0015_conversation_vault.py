"""what placeholders in a conversation stand for"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261122_0015"
down_revision = "20261121_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "vault_entries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("placeholder", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value_hash", sa.LargeBinary(), nullable=True),
        sa.Column("ciphertext", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversations.id"],
            name=op.f("fk_vault_entries_conversation_id_conversations"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vault_entries")),
        sa.UniqueConstraint(
            "conversation_id", "placeholder", name=op.f("uq_vault_entries_conversation_id_placeholder")
        ),
        sa.UniqueConstraint("conversation_id", "value_hash", name=op.f("uq_vault_entries_conversation_id_value_hash")),
    )
    op.create_index(
        "ix_vault_entries_created_at",
        "vault_entries",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("ciphertext IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_table("vault_entries")
