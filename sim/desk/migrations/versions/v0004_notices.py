"""What makers, sellers and the desk told things, and what became of it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make their table."""
    whole = sa.BigInteger()
    op.create_table(
        "notices",
        sa.Column("id", whole.with_variant(sa.Integer(), "sqlite"), primary_key=True,
                  autoincrement=True),
        sa.Column("thing_id", sa.String(40),
                  sa.ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        sa.Column("what", whole, nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.Column("about", sa.String()),
        sa.Column("until", whole, nullable=False),
        sa.Column("state", whole, nullable=False),
        sa.Column("reason", sa.String()),
        sa.Column("sent_at", whole, nullable=False),
        sa.Column("changed_at", whole, nullable=False),
        sa.Column("message_id", whole),
    )  # fmt: skip
    op.create_index("ix_notices_thing_id", "notices", ["thing_id"])
