"""Keys of sellers say for whom they speak."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column; keys that there are stay what they were."""
    op.add_column("api_keys", sa.Column("seller", sa.String()))
