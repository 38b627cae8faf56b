"""The mandates that went through the desk, for things that lose their memory."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make their table; it fills as things take mandates."""
    op.create_table(
        "mandates",
        sa.Column("thing_id", sa.String(40), sa.ForeignKey("things.id", ondelete="CASCADE"),
                  primary_key=True),
        sa.Column("word", sa.String(), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=False),
    )  # fmt: skip
