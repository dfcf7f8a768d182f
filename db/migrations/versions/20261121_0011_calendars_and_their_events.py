"""calendars and their events"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261121_0011"
down_revision = "20261121_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_connect_attempts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("state_hash", sa.LargeBinary(), nullable=False),
        sa.Column("code_verifier", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_calendar_connect_attempts_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_connect_attempts")),
        sa.UniqueConstraint("state_hash", name=op.f("uq_calendar_connect_attempts_state_hash")),
    )
    op.create_index(
        op.f("ix_calendar_connect_attempts_expires_at"), "calendar_connect_attempts", ["expires_at"], unique=False
    )
    op.create_index(
        op.f("ix_calendar_connect_attempts_user_id"), "calendar_connect_attempts", ["user_id"], unique=False
    )
    op.create_table(
        "calendar_connections",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("refresh_token", sa.Text(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("account", sa.String(), nullable=True),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('connected', 'revoked')", name=op.f("ck_calendar_connections_status")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_calendar_connections_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_connections")),
        sa.UniqueConstraint("user_id", name=op.f("uq_calendar_connections_user_id")),
    )
    op.create_table(
        "calendar_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", sa.String(), nullable=False),
        sa.Column("item_position", sa.Integer(), nullable=False),
        sa.Column("segment_position", sa.Integer(), nullable=False),
        sa.Column("google_event_id", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("content_hash", sa.String(), nullable=True),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('wanted', 'synced', 'unwanted', 'removed', 'parked')", name=op.f("ck_calendar_events_state")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_calendar_events_booking_id_bookings"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_calendar_events_user_id_users"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_events")),
        sa.UniqueConstraint(
            "booking_id",
            "item_position",
            "segment_position",
            "calendar_id",
            name="uq_calendar_events_place",
        ),
    )
    op.create_index(
        "ix_calendar_events_due_at",
        "calendar_events",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('wanted', 'unwanted')"),
    )
    op.create_index(
        op.f("ix_calendar_events_user_id_created_at"), "calendar_events", ["user_id", "created_at"], unique=False
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_calendar_events_user_id_created_at"), table_name="calendar_events")
    op.drop_index(
        "ix_calendar_events_due_at",
        table_name="calendar_events",
        postgresql_where=sa.text("state IN ('wanted', 'unwanted')"),
    )
    op.drop_table("calendar_events")
    op.drop_table("calendar_connections")
    op.drop_index(op.f("ix_calendar_connect_attempts_user_id"), table_name="calendar_connect_attempts")
    op.drop_index(op.f("ix_calendar_connect_attempts_expires_at"), table_name="calendar_connect_attempts")
    op.drop_table("calendar_connect_attempts")
