"""What a case asks for, and what a thing mended itself."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add their columns; of what is older nobody knows."""
    op.add_column("cases", sa.Column("remedy", sa.String()))
    op.add_column("cases", sa.Column("part", sa.String()))
    op.add_column("findings", sa.Column("mended_by", sa.String()))
