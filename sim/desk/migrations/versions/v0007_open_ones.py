"""What is open, and the histories of cases and disputes, are found without reading what is over."""

from alembic import op

revision = "0007"
down_revision = "0006"

INDEXES = (
    ("ix_orders_state", "orders", "state"), ("ix_cases_state", "cases", "state"),
    ("ix_disputes_state", "disputes", "state"), ("ix_findings_state", "findings", "state"),
    ("ix_events_order_number", "events", "order_number"),
    ("ix_events_case_number", "events", "case_number"),
    ("ix_events_dispute_number", "events", "dispute_number"),
)  # fmt: skip


def upgrade() -> None:
    """Make the indexes; nothing that there is changes."""
    op.drop_index("events_of_subject", "events")
    for name, table, column in INDEXES:
        op.create_index(name, table, [column])
