"""bookings and their moves"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261121_0009"
down_revision = "20261121_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bookings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("quote_key", sa.String(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("flow", sa.String(), nullable=False),
        sa.Column("phase", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("reference", sa.String(), nullable=False),
        sa.Column("provider_order_id", sa.String(), nullable=True),
        sa.Column("booking_reference", sa.String(), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("fees_minor", sa.BigInteger(), nullable=False),
        sa.Column("agreed_refund_minor", sa.BigInteger(), nullable=True),
        sa.Column("offer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("services", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("raw", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("pay_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("flow IN ('hold', 'instant')", name=op.f("ck_bookings_flow")),
        sa.CheckConstraint(
            "phase IN ('holding', 'held', 'paying', 'paid', 'ticketing', "
            "'ticketed', 'releasing', "
            "'cancelling', 'changing', 'refunding', 'refunded', 'cancelled', 'expired', 'failed', 'needs_review')",
            name=op.f("ck_bookings_phase"),
        ),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_bookings_proposal_id_proposals")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bookings_user_id_users"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("reference", name=op.f("uq_bookings_reference")),
    )
    op.create_index(
        "ix_bookings_due_at",
        "bookings",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text(
            "phase IN ('holding', 'releasing', 'paid', 'ticketing', 'cancelling', 'changing', 'held', 'paying')"
        ),
    )
    op.create_index(op.f("ix_bookings_user_id_created_at"), "bookings", ["user_id", "created_at"], unique=False)
    op.create_index(
        "uq_bookings_live_quote_key",
        "bookings",
        ["quote_key"],
        unique=True,
        postgresql_where=sa.text("NOT phase IN ('refunding', 'refunded', 'cancelled', 'expired', 'failed')"),
    )
    op.create_table(
        "booking_calls",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('calling', 'done', 'refused', 'orphaned')", name=op.f("ck_booking_calls_state")),
        sa.CheckConstraint(
            "step IN ('hold', 'release', 'buy', 'cancel', 'change')", name=op.f("ck_booking_calls_step")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_calls_booking_id_bookings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_calls")),
    )
    op.create_index(op.f("ix_booking_calls_booking_id"), "booking_calls", ["booking_id"], unique=False)
    op.create_index(
        "uq_booking_calls_open",
        "booking_calls",
        ["booking_id"],
        unique=True,
        postgresql_where=sa.text("state = 'calling'"),
    )
    op.create_table(
        "booking_changes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("proposal_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("quote", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("difference_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('agreed', 'under_way', 'done', 'failed')", name=op.f("ck_booking_changes_status")
        ),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_changes_booking_id_bookings"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_booking_changes_proposal_id_proposals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_changes")),
    )
    op.create_index(op.f("ix_booking_changes_booking_id"), "booking_changes", ["booking_id"], unique=False)
    op.create_index(
        "uq_booking_changes_open",
        "booking_changes",
        ["booking_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('agreed', 'under_way')"),
    )
    op.create_table(
        "booking_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_items_booking_id_bookings"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_items")),
        sa.UniqueConstraint("booking_id", "position", name=op.f("uq_booking_items_booking_id_position")),
    )
    op.create_table(
        "booking_passengers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("passenger_id", sa.Uuid(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("traveller_type", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("family_name", sa.String(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("ticket_number", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_passengers_booking_id_bookings"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["passenger_id"],
            ["passengers.id"],
            name=op.f("fk_booking_passengers_passenger_id_passengers"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_passengers")),
        sa.UniqueConstraint("booking_id", "position", name=op.f("uq_booking_passengers_booking_id_position")),
    )
    op.create_index(op.f("ix_booking_passengers_passenger_id"), "booking_passengers", ["passenger_id"], unique=False)
    op.create_table(
        "booking_transitions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("booking_id", sa.Uuid(), nullable=False),
        sa.Column("phase_before", sa.String(), nullable=True),
        sa.Column("phase_after", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("proposal_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["booking_id"], ["bookings.id"], name=op.f("fk_booking_transitions_booking_id_bookings"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_booking_transitions_proposal_id_proposals")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_transitions")),
    )
    op.create_index(
        op.f("ix_booking_transitions_booking_id_created_at"),
        "booking_transitions",
        ["booking_id", "created_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_booking_transitions_booking_id_created_at"), table_name="booking_transitions")
    op.drop_table("booking_transitions")
    op.drop_index(op.f("ix_booking_passengers_passenger_id"), table_name="booking_passengers")
    op.drop_table("booking_passengers")
    op.drop_table("booking_items")
    op.drop_index(
        "uq_booking_changes_open",
        table_name="booking_changes",
        postgresql_where=sa.text("status IN ('agreed', 'under_way')"),
    )
    op.drop_index(op.f("ix_booking_changes_booking_id"), table_name="booking_changes")
    op.drop_table("booking_changes")
    op.drop_index("uq_booking_calls_open", table_name="booking_calls", postgresql_where=sa.text("state = 'calling'"))
    op.drop_index(op.f("ix_booking_calls_booking_id"), table_name="booking_calls")
    op.drop_table("booking_calls")
    op.drop_index(
        "uq_bookings_live_quote_key",
        table_name="bookings",
        postgresql_where=sa.text("NOT phase IN ('refunding', 'refunded', 'cancelled', 'expired', 'failed')"),
    )
    op.drop_index(op.f("ix_bookings_user_id_created_at"), table_name="bookings")
    op.drop_index(
        "ix_bookings_due_at",
        table_name="bookings",
        postgresql_where=sa.text(
            "phase IN ('holding', 'releasing', 'paid', 'ticketing', 'cancelling', 'changing', 'held', 'paying')"
        ),
    )
    op.drop_table("bookings")
