"""passengers documents and preferences"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_0005"
down_revision = "20261121_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "passengers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("gender", sa.String(), nullable=True),
        sa.Column("dob", sa.Date(), nullable=True),
        sa.Column("nationality", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("gender IN ('male', 'female', 'other')", name=op.f("ck_passengers_gender")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_passengers_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passengers")),
    )
    op.create_index(op.f("ix_passengers_user_id"), "passengers", ["user_id"], unique=False)
    op.create_table(
        "identity_documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("passenger_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("issuing_country", sa.String(), nullable=True),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("is_primary", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('passport', 'identity_card')", name=op.f("ck_identity_documents_kind")),
        sa.ForeignKeyConstraint(
            ["passenger_id"],
            ["passengers.id"],
            name=op.f("fk_identity_documents_passenger_id_passengers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_documents")),
    )
    op.create_index(op.f("ix_identity_documents_passenger_id"), "identity_documents", ["passenger_id"], unique=False)
    op.create_index(
        "uq_identity_documents_primary_passenger_id",
        "identity_documents",
        ["passenger_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "user_preferences",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("cabin_class", sa.String(), nullable=True),
        sa.Column("preferred_airlines", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seat_preference", sa.String(), nullable=True),
        sa.Column("default_passenger_id", sa.Uuid(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("home_airport", sa.String(), nullable=True),
        sa.Column("meal", sa.String(), nullable=True),
        sa.Column("metadata", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "cabin_class IN ('economy', 'premium_economy', 'business', 'first')",
            name=op.f("ck_user_preferences_cabin_class"),
        ),
        sa.CheckConstraint(
            "seat_preference IN ('window', 'middle', 'aisle')", name=op.f("ck_user_preferences_seat_preference")
        ),
        sa.ForeignKeyConstraint(
            ["default_passenger_id"],
            ["passengers.id"],
            name=op.f("fk_user_preferences_default_passenger_id_passengers"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_user_preferences_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_preferences")),
        sa.UniqueConstraint("user_id", name=op.f("uq_user_preferences_user_id")),
    )
    op.create_index(
        op.f("ix_user_preferences_default_passenger_id"), "user_preferences", ["default_passenger_id"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_user_preferences_default_passenger_id"), table_name="user_preferences")
    op.drop_table("user_preferences")
    op.drop_index(
        "uq_identity_documents_primary_passenger_id",
        table_name="identity_documents",
        postgresql_where=sa.text("is_primary"),
    )
    op.drop_index(op.f("ix_identity_documents_passenger_id"), table_name="identity_documents")
    op.drop_table("identity_documents")
    op.drop_index(op.f("ix_passengers_user_id"), table_name="passengers")
    op.drop_table("passengers")
