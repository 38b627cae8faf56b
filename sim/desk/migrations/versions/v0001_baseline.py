"""The tables as they were when versions began."""

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)

revision = "0001"
down_revision = None

# Written out, not taken from the models: those go on, this step stays what it was.
INT, BYTES, TEXT, YES = BigInteger(), LargeBinary(), String(), Boolean()
NAME = String(40)
SERIAL = BigInteger().with_variant(Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _things()
    _told()
    _trade()
    _asked()
    _care()
    _releases()


def _one(name: str, table: str, columns: list[str], where: str) -> None:
    """At most one row of these columns where something holds."""
    op.create_index(name, table, columns, unique=True, sqlite_where=text(where),
                    postgresql_where=text(where))  # fmt: skip
def _things() -> None:
    """Things, and what goes to and fro."""
    op.create_table(
        "things",
        Column("id", NAME, primary_key=True), Column("root_key", BYTES, nullable=False),
        Column("public_key", BYTES, nullable=False), Column("product", TEXT, nullable=False),
        Column("owner", TEXT, nullable=False), Column("provisioned_at", INT, nullable=False),
        Column("up_seq", INT, nullable=False), Column("down_seq", INT, nullable=False),
        Column("online", YES, nullable=False), Column("heard_at", INT),
        Column("age_s", INT, nullable=False), Column("born_at", INT),
        Column("hello", JSON, nullable=False),
    )
    op.create_table(
        "messages",
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), primary_key=True),
        Column("message_id", INT, primary_key=True, autoincrement=False),
        Column("kind", INT, nullable=False), Column("digest", BYTES, nullable=False),
        Column("outcome", INT, nullable=False), Column("reason", TEXT), Column("number", TEXT),
        Column("received_at", INT, nullable=False),
    )
    op.create_index("ix_messages_received_at", "messages", ["received_at"])
    op.create_table(
        "outgoing",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("kind", INT, nullable=False), Column("body", BYTES, nullable=False),
        Column("wants_ack", YES, nullable=False), Column("tries", INT, nullable=False),
        Column("due", INT, nullable=False), Column("expires", INT), sqlite_autoincrement=True,
    )
    op.create_index("ix_outgoing_due", "outgoing", ["due"])
    op.create_index("ix_outgoing_thing_id", "outgoing", ["thing_id"])
    op.create_table(
        "commands",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("line", TEXT, nullable=False), Column("sent_at", INT, nullable=False),
        Column("text", TEXT), Column("replied_at", INT),
    )
    op.create_index("ix_commands_thing_id", "commands", ["thing_id"])


def _told() -> None:
    """What things report, what was turned away, and what the desk has to do."""
    op.create_table(
        "reports",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("kind", TEXT, nullable=False), Column("age_s", INT, nullable=False),
        Column("made_at", INT, nullable=False), Column("received_at", INT, nullable=False),
        Column("content", JSON, nullable=False),
    )
    op.create_index("ix_reports_received_at", "reports", ["received_at"])
    op.create_index("reports_of_thing", "reports", ["thing_id", "kind"])
    op.create_table(
        "findings",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("monitor", TEXT, nullable=False), Column("mode", TEXT, nullable=False),
        Column("state", INT, nullable=False), Column("severity", INT, nullable=False),
        Column("confidence", INT, nullable=False), Column("score", INT, nullable=False),
        Column("eta_s", INT), Column("raised_at", INT, nullable=False),
        Column("changed_at", INT, nullable=False),
    )
    op.create_index("findings_of_monitor", "findings", ["thing_id", "monitor"])
    op.create_table(
        "rejects",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", TEXT, nullable=False), Column("reason", TEXT, nullable=False),
        Column("frame", BYTES, nullable=False), Column("received_at", INT, nullable=False),
    )
    op.create_table(
        "tasks",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("due", INT, nullable=False), Column("what", TEXT, nullable=False),
        Column("subject", TEXT, nullable=False), Column("content", JSON, nullable=False),
    )
    op.create_index("ix_tasks_due", "tasks", ["due"])
    op.create_index("ix_tasks_subject", "tasks", ["subject"])


def _trade() -> None:
    """Requests, offers and orders."""
    op.create_table(
        "suppliers",
        Column("name", NAME, primary_key=True), Column("public_key", BYTES, nullable=False),
        Column("since", INT, nullable=False),
    )
    op.create_table(
        "requests",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("need_id", BYTES, nullable=False), Column("round", INT, nullable=False),
        Column("consumable", TEXT, nullable=False), Column("skus", JSON, nullable=False),
        Column("quantity", INT, nullable=False), Column("need_by_s", INT, nullable=False),
        Column("test", YES, nullable=False), Column("best_total_minor", INT),
        Column("currency", TEXT), Column("received_at", INT, nullable=False),
        UniqueConstraint("thing_id", "need_id", "round"),
    )
    op.create_table(
        "offers",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("request_id", SERIAL, ForeignKey("requests.id", ondelete="CASCADE"), nullable=False),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("need_id", BYTES, nullable=False), Column("seller", TEXT, nullable=False),
        Column("sent_at", INT, nullable=False), Column("declined", TEXT), Column("hash", BYTES),
        Column("document", BYTES), Column("terms", JSON, nullable=False),
    )
    op.create_index("offers_of_need", "offers", ["thing_id", "need_id"])
    op.create_table(
        "orders",
        Column("number", SERIAL, primary_key=True, autoincrement=True),
        Column("order_id", BYTES, nullable=False),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("consumable", TEXT, nullable=False), Column("cycle", INT, nullable=False),
        Column("sku", TEXT, nullable=False), Column("packs", INT, nullable=False),
        Column("seller", TEXT, nullable=False), Column("price_minor", INT, nullable=False),
        Column("total_minor", INT, nullable=False), Column("currency", TEXT, nullable=False),
        Column("test", YES, nullable=False), Column("need_by_s", INT, nullable=False),
        Column("offer_id", SERIAL, ForeignKey("offers.id")),
        Column("document", BYTES, nullable=False), Column("content_hash", BYTES, nullable=False),
        Column("state", INT, nullable=False), Column("packs_delivered", INT, nullable=False),
        Column("charged_minor", INT, nullable=False), Column("eta_at", INT),
        Column("placed_at", INT, nullable=False), Column("changed_at", INT, nullable=False),
        UniqueConstraint("order_id"), sqlite_autoincrement=True,
    )
    op.create_index("ix_orders_thing_id", "orders", ["thing_id"])
    _one("one_open_order", "orders", ["thing_id", "consumable", "test"],
         "state IN (4, 5, 6, 7, 12)")  # fmt: skip


def _asked() -> None:
    """What things ask their owners."""
    op.create_table(
        "questions",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("order_id", BYTES, nullable=False), Column("consumable", TEXT, nullable=False),
        Column("sku", TEXT, nullable=False), Column("packs", INT, nullable=False),
        Column("pack_units", INT, nullable=False), Column("seller", TEXT, nullable=False),
        Column("total_minor", INT, nullable=False), Column("currency", TEXT, nullable=False),
        Column("lead_s", INT, nullable=False), Column("terms", BYTES, nullable=False),
        Column("test", YES, nullable=False), Column("asked_at", INT, nullable=False),
        Column("until", INT, nullable=False), Column("needed_by", INT),
        Column("state", INT, nullable=False), Column("reason", TEXT), Column("yes", YES),
        Column("answered_at", INT), Column("message_id", INT),
        Column("changed_at", INT, nullable=False),
    )
    op.create_index("ix_questions_thing_id", "questions", ["thing_id"])


def _care() -> None:
    """Cases, disputes, documents, and the history of all three."""
    op.create_table(
        "cases",
        Column("number", SERIAL, primary_key=True, autoincrement=True),
        Column("case_id", BYTES, nullable=False),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("mode", TEXT, nullable=False), Column("service", TEXT, nullable=False),
        Column("severity", INT, nullable=False), Column("confidence", INT, nullable=False),
        Column("eta_s", INT), Column("evidence", JSON, nullable=False),
        Column("tried", JSON, nullable=False), Column("advice", TEXT), Column("monitor", TEXT),
        Column("update", INT, nullable=False), Column("state", INT, nullable=False),
        Column("escalated", YES, nullable=False), Column("visit_at", INT),
        Column("opened_at", INT, nullable=False), Column("changed_at", INT, nullable=False),
        UniqueConstraint("case_id"), sqlite_autoincrement=True,
    )
    op.create_index("ix_cases_thing_id", "cases", ["thing_id"])
    _one("one_open_case", "cases", ["thing_id", "mode"], "state BETWEEN 1 AND 4")
    op.create_table(
        "disputes",
        Column("number", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("order_id", BYTES, nullable=False),
        Column("order_number", SERIAL, ForeignKey("orders.number")),
        Column("reason", INT, nullable=False), Column("state", INT, nullable=False),
        Column("seller", TEXT), Column("total_minor", INT), Column("charged_minor", INT),
        Column("packs", INT), Column("quantity", INT), Column("answer", TEXT),
        Column("agreed", YES), Column("opened_at", INT, nullable=False),
        Column("changed_at", INT, nullable=False), sqlite_autoincrement=True,
    )
    op.create_index("ix_disputes_order_number", "disputes", ["order_number"])
    op.create_index("ix_disputes_thing_id", "disputes", ["thing_id"])
    _one("one_open_dispute", "disputes", ["thing_id", "order_id", "reason"], "state IN (1, 2)")
    op.create_table(
        "statements",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), nullable=False),
        Column("kind", TEXT, nullable=False),
        Column("order_number", SERIAL, ForeignKey("orders.number")),
        Column("document", BYTES, nullable=False), Column("content", JSON, nullable=False),
        Column("received_at", INT, nullable=False),
    )
    op.create_index("ix_statements_thing_id", "statements", ["thing_id"])
    op.create_table(
        "events",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("order_number", SERIAL, ForeignKey("orders.number", ondelete="CASCADE")),
        Column("case_number", SERIAL, ForeignKey("cases.number", ondelete="CASCADE")),
        Column("dispute_number", SERIAL, ForeignKey("disputes.number", ondelete="CASCADE")),
        Column("at", INT, nullable=False), Column("source", TEXT, nullable=False),
        Column("word", TEXT, nullable=False), Column("detail", JSON, nullable=False),
    )
    subject = ["order_number", "case_number", "dispute_number"]
    op.create_index("events_of_subject", "events", subject)


def _releases() -> None:
    """Makers' releases."""
    op.create_table(
        "releases",
        Column("id", SERIAL, primary_key=True, autoincrement=True),
        Column("product", TEXT, nullable=False), Column("board", TEXT, nullable=False),
        Column("number", INT, nullable=False), Column("version", TEXT, nullable=False),
        Column("runtime", TEXT, nullable=False), Column("size_bytes", INT, nullable=False),
        Column("document", BYTES, nullable=False), Column("file_list", BYTES, nullable=False),
        Column("digest", BYTES, nullable=False), Column("percent", INT, nullable=False),
        Column("things", JSON, nullable=False), Column("bad", YES, nullable=False),
        Column("published_at", INT, nullable=False), UniqueConstraint("digest"),
        UniqueConstraint("product", "board", "number"),
    )
    op.create_table(
        "release_files",
        Column("release_id", INT, primary_key=True, autoincrement=False),
        Column("number", INT, primary_key=True, autoincrement=False),
        Column("content", BYTES, nullable=False),
    )
    op.create_table(
        "installs",
        Column("thing_id", NAME, ForeignKey("things.id", ondelete="CASCADE"), primary_key=True),
        Column("runs", INT, nullable=False), Column("number", INT, nullable=False),
        Column("state", INT, nullable=False), Column("reason", TEXT),
        Column("file", INT, nullable=False), Column("message_id", INT),
        Column("changed_at", INT, nullable=False),
    )
