"""Notices on a thing's page: what it was told, and what its butler made of it."""

from sim.desk.page import words
from sim.desk.page.shell import Visit
from sim.desk.page.table import Column

COLUMNS = [
    Column("what", "What"),
    Column("sender", "From"),
    Column("words", "Says"),
    Column("state", "State", "state"),
    Column("reason", "Why"),
    Column("sent", "Sent", "time"),
]
LOOKS = {"sent": "moving", "taken": "good", "refused": "bad", "expired": "over"}


def notice_row(notice: dict, visit: Visit) -> dict:
    """A notice as tables show it."""
    return {
        "id": str(notice["id"]),
        "what": words.said(notice["what"]),
        "sender": notice["sender"],
        "words": notice["words"],
        "state": notice["state"],
        "state_look": LOOKS[notice["state"]],
        "reason": notice["reason"] or "",
        "sent": visit.ago(notice["sent_at"]),
        "sent_at": visit.exact(notice["sent_at"]),
    }
