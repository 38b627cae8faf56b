"""Through which broker each thing was heard last, for desks behind several."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column; it fills as things are heard."""
    op.add_column("things", sa.Column("broker", sa.String()))
