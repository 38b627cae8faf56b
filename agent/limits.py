"""Every bound of the agent, with the reason for its number, so that no limit hides in a room.

A limit that depends on another one is asserted at the end: changing one number fails at import
on the desk, not in the field.
"""

# Containers and tags that CBOR may nest. The deepest thing we read is a compiled board's filter
# curve (map, sensors, sensor, filters, filter, points, point: 7); one is kept for growth. Eight
# levels of bookkeeping are under 300 bytes, so a hostile frame cannot turn depth into memory.
CBOR_DEPTH = 8

# ---- wire ----
# A message fits 1 KiB; its frame adds tag, headers and a 32-byte MAC (at most 64 bytes).
PAYLOAD_BYTES = 1024
FRAME_BYTES = PAYLOAD_BYTES + 64
# The longest free text a peer may send us; twice a console line of 80 characters, rounded up.
TEXT_CHARACTERS = 200
# Items of a list in a message: more than any product has consumables or open orders.
LIST_ITEMS = 32

# ---- what came in and waits for the next step ----
# Readings between two steps: every channel of a large product once.
READINGS_WAITING = 64
# Frames between two steps: the broker's in-flight window, so nothing it may send is refused.
FRAMES_WAITING = 16
EFFECTS_WAITING = 16

# ---- journal ----
# One transaction: an order with its ledger entry and its signed document is about 1.5 KiB.
TRANSACTION_BYTES = 8192
# The journal is rewritten when it outgrows this: two rewrites a month in normal traffic, small
# enough to be read at boot within a second.
JOURNAL_BYTES = 48 * 1024
# Ledger entries kept through a rewrite besides those of open orders; older ones are vouched for
# by the checkpoint.
LEDGER_KEPT = 48
# Learned rates and baselines are written at most this often.
SNAPSHOT_S = 6 * 3600
# Up sequence numbers reserved at a time: one flash write for so many frames.
SEQUENCE_BLOCK = 64

# ---- outbox ----
# Bytes of message bodies kept: at three reports a day a month without the desk.
OUTBOX_BYTES = 12 * 1024
# Messages sent and not yet acknowledged by the desk.
OUTBOX_WINDOW = 4
# First wait for the desk's acknowledgement, doubled after each silence up to the longest.
RESEND_S = 60
RESEND_LONGEST_S = 3600

# ---- clock ----
# A jump of the wall clock further than this is believed, but does not age the thing.
CLOCK_JUMP_S = 400 * 86400

# ---- money ----
# Offers kept for one need; the mandate names fewer sellers.
OFFERS_KEPT = 8
# Commitments remembered for the running month: the mandate's count of orders is capped by it.
COMMITMENTS_KEPT = 64
# How long suppliers may take to quote before the best offer so far is taken.
QUOTE_WINDOW_S = 3600
# How long a person may take to approve.
APPROVAL_WINDOW_S = 3 * 86400
# After a need was refused or ran out, this long until it may be raised again.
NEED_REST_S = 86400
# Days past the promised delivery before the thing says that nothing came.
DELIVERY_GRACE_S = 3 * 86400

# ---- service ----
# A finding that went away by itself keeps its case open this long, lest it flap.
CASE_SETTLE_S = 86400
# After service says done, the same monitor has this long to agree.
CASE_VERIFY_S = 2 * 86400
# Evidence readings of one channel in a case message.
EVIDENCE_READINGS = 12
# Channels whose readings a case message carries; the rest can be asked for.
EVIDENCE_CHANNELS = 4
# The thing says that it is alive, and how it is, once a day.
HEALTH_S = 86400
# The core wants to be called at least this often, whatever is due.
STEP_S = 300

assert FRAME_BYTES <= 1280  # the receive buffer allocated once at boot
assert RESEND_S < RESEND_LONGEST_S
assert OUTBOX_BYTES + TRANSACTION_BYTES < JOURNAL_BYTES
assert PAYLOAD_BYTES < TRANSACTION_BYTES
