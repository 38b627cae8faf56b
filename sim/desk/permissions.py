"""Who may do what over HTTP: every endpoint in one table, and what is not in it is not served.

    admin    runs the desk: everything
    service  looks at everything, does cases
    supply   looks at everything, does orders and disputes
    seller   looks at its own orders and disputes and at nothing else, speaks for itself
    maker    publishes software and follows it
    owner    looks at its own things and at nothing else, answers for them, talks to them
    metrics  reads figures, for a monitoring system
"""

ADMIN, SERVICE, SUPPLY, SELLER, MAKER, OWNER, METRICS = (
    "admin", "service", "supply", "seller", "maker", "owner", "metrics"
)  # fmt: skip
ROLES = (ADMIN, SERVICE, SUPPLY, SELLER, MAKER, OWNER, METRICS)

ONLY_ADMIN = frozenset((ADMIN,))
EVERYBODY = frozenset(ROLES)
TEAM = frozenset((ADMIN, SERVICE, SUPPLY))
LOOKS = TEAM | {OWNER}
TALKS = frozenset((ADMIN, SERVICE, OWNER))
ANSWERS = frozenset((ADMIN, OWNER))
CARES = frozenset((ADMIN, SERVICE))
SELLS = frozenset((ADMIN, SUPPLY, SELLER))
DECIDES = frozenset((ADMIN, SUPPLY))  # no seller in its own cause
DEALS = LOOKS | {SELLER}
PUBLISHES = frozenset((ADMIN, MAKER))
FOLLOWS = frozenset((ADMIN, SERVICE, MAKER))

PERMISSIONS: dict[str, frozenset[str]] = {
    "GET /things": LOOKS,
    "POST /things": ONLY_ADMIN,
    "GET /things/{thing_id}": LOOKS,
    "POST /things/{thing_id}/commands": TALKS,
    "GET /things/{thing_id}/commands": TALKS,
    "POST /things/{thing_id}/mandate": ANSWERS,
    "POST /things/{thing_id}/approvals/{order}": ANSWERS,
    "POST /things/{thing_id}/orders/{order}/cancel": ANSWERS,
    "GET /things/{thing_id}/data": ANSWERS,
    "DELETE /things/{thing_id}/data": ANSWERS,
    "GET /things/{thing_id}/product": LOOKS,
    "GET /things/{thing_id}/messages": LOOKS,
    "GET /things/{thing_id}/timeline": LOOKS,
    "GET /orders": DEALS,
    "GET /orders/{number}": DEALS,
    "GET /orders/{number}/rejections": LOOKS,
    "POST /orders/{number}/status": SELLS,
    "GET /cases": LOOKS,
    "GET /cases/{number}": LOOKS,
    "POST /cases/{number}/accept": CARES,
    "POST /cases/{number}/schedule": CARES,
    "POST /cases/{number}/done": CARES,
    "POST /cases/{number}/refuse": CARES,
    "POST /cases/{number}/notes": CARES,
    "GET /disputes": DEALS,
    "GET /disputes/{number}": DEALS,
    "POST /disputes/{number}/answer": SELLS,
    "POST /disputes/{number}/settle": DECIDES,
    "GET /perception": TEAM,
    "GET /approvals": LOOKS,
    "GET /approvals/{number}": LOOKS,
    "GET /notices": LOOKS | {MAKER},
    "POST /notices": PUBLISHES | {SERVICE},
    "GET /ways": CARES,
    "POST /ways": ONLY_ADMIN,
    "GET /findings": LOOKS,
    "GET /health": LOOKS,
    "GET /usage": TALKS,
    "GET /statements": LOOKS,
    "GET /rejects": CARES,
    "GET /overview": LOOKS,
    "GET /overview/{thing_id}": LOOKS,
    "GET /summary": LOOKS,
    "GET /waiting": LOOKS,
    "GET /clock": EVERYBODY,
    "GET /me": EVERYBODY,
    "GET /releases": FOLLOWS,
    "GET /releases/{number}": FOLLOWS,
    "POST /releases": PUBLISHES,
    "PATCH /releases/{number}": PUBLISHES,
    "GET /installs": FOLLOWS | {OWNER},
    "GET /metrics": frozenset((ADMIN, METRICS)),
}


def may(role: str, endpoint: str) -> bool:
    """Whether a role may use an endpoint, written as in the table."""
    return role in PERMISSIONS.get(endpoint, ())
