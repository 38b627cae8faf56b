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
# An answer to a line that the desk said; the rest of a message around it is under 100 bytes.
REPLY_CHARACTERS = 900
# Items of a list in a message: more than any product has consumables or open orders.
LIST_ITEMS = 32

# Hashes by which a document names others: 96 bits withstand whoever looks for another offer with
# the same one, and leave an order under 300 bytes.
HASH_BYTES = 12

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
# Learned rates and baselines are written this often, and more often after a start: what is switched
# on for a few hours a day would else lose all that it learns.
SNAPSHOT_S = 6 * 3600
SNAPSHOT_EARLY_S = 3600
SNAPSHOTS_EARLY = 6
# Up sequence numbers reserved at a time: one flash write for so many frames.
SEQUENCE_BLOCK = 64

# ---- outbox ----
# Bytes of message bodies kept: at three reports a day a month without the desk.
OUTBOX_BYTES = 12 * 1024
# Messages sent and not yet acknowledged by the desk.
OUTBOX_WINDOW = 4
# A person's words are kept until the desk has them: beyond so many that wait, no more are taken.
WORDS_WAITING = 16
# First wait for the desk's acknowledgement, doubled after each silence up to the longest; a link
# that comes back does not wait for it.
RESEND_S = 300
RESEND_LONGEST_S = 3600

# ---- clock ----
# A jump of the wall clock further than this is believed, but does not age the thing.
CLOCK_JUMP_S = 400 * 86400

# ---- money ----
# Offers kept for one need; the mandate names fewer sellers.
OFFERS_KEPT = 8
# Commitments remembered for the running month: the mandate's count of orders is capped by it.
COMMITMENTS_KEPT = 64
# Items that a request for quotation may name, first choice first.
ITEMS = 5
# How long suppliers may take to quote before the best offer so far is taken, and how often they
# are asked when none of them says a word.
QUOTE_WINDOW_S = 2 * 3600
# Of a test order, at whose console somebody sits and waits; programs answer in seconds.
TEST_WINDOW_S = 60
QUOTE_ROUNDS = 3
# Rounds of negotiation at the most, whatever the mandate says: with silent sellers each takes a
# quote window, and the goods are needed.
NEGOTIATION_ROUNDS = 4
# A price so far (percent) above the usual one is a surge and is waited out: asked again after so
# long, at the most for so long, and only while the stock outlasts the delivery by a day.
SURGE_PERCENT = 25
SURGE_PATIENCE_S = 3 * 86400
SURGE_WAIT_S = 12 * 3600
SURGE_MARGIN_S = 86400
# How long a person may take to approve.
APPROVAL_WINDOW_S = 3 * 86400
# After a need was refused or ran out, this long until it may be raised again.
NEED_REST_S = 86400
# Past the promised delivery: the owner is told that it is late, and that nothing came.
DELIVERY_LATE_S = 86400
DELIVERY_GRACE_S = 3 * 86400
# So often it is looked whether what is said to have come is missed; who fills it in has had time.
DELIVERY_LOOK_S = 6 * 3600
# The latest that a seller may put a delivery off to, each time that the order moves on.
ETA_MOST_S = 30 * 86400
# A delivery so much later than promised is, for trust, as good as none.
LATE_WORTHLESS_S = 7 * 86400
# A refill that no order explains, so soon after one, may be a parcel that came twice.
DOUBLE_S = 7 * 86400
# A dispute that nobody answers is put to the owner after this long.
DISPUTE_PATIENCE_S = 14 * 86400
DISPUTES_KEPT = 8
# Sellers whom the thing remembers; as many as it can have offers from.
SELLERS_KEPT = OFFERS_KEPT
# Trust in a seller of whom nothing was heard loses half of what it is above or below the middle.
TRUST_HALF_LIFE_S = 90 * 86400
# Messages on an order that are known by their numbers, for the desk may send each again.
STATUSES_KEPT = 6
# Messages of the desk of which the console tells what became of them: as many as fit on a screen.
MESSAGES_KEPT = 16
# Cycles searched before an order is called unknown: ten years of two a week.
CYCLES_SEARCHED = 1000

# ---- what others send ----
# Notices that are kept: a screen of them, 1.5 KiB of the journal.  Of a class so many within so
# long, unless they are the maker's, lest flash and owner pay for somebody's zeal; of weather one.
NOTICES_KEPT = 8
NOTICES = 4
NOTICES_S = 86400
WEATHER_S = 3 * 3600
WEATHER_VALUES = 3
WEATHER_TENTHS = 1 << 20  # air pressure in pascal has room
# By which a notice that is sent again is known.
NOTICE_ID_BYTES = 8

# ---- service ----
# A finding that is confirmed again so soon after it was cleared flaps: it is cleared later each
# time, after so long at the most.
FLAP_S = 86400
# A finding that went away by itself keeps its case open this long, lest it flap.
CASE_SETTLE_S = 86400
# A fault that comes back so soon after its case was closed is the same case again.
CASE_BACK_S = 3 * 86400
# After service says done, the same monitor has this long to agree.
CASE_VERIFY_S = 2 * 86400
# What the thing tries itself before it asks anybody: so often at the most for one monitor within so
# long, and with so much rest between two tries.  What helps only for days is a fault all the same.
REMEDY_TRIES = 3
REMEDY_SPELL_S = 7 * 86400
REMEDY_REST_S = 1800
# Nothing is switched before the thing has been left alone for so long; when it never is, service is
# asked for without.
REMEDY_IDLE_S = 300
REMEDY_PATIENCE_S = 4 * 3600
# Evidence readings of one channel in a case message.
EVIDENCE_READINGS = 12
# Channels whose readings a case message carries; the rest can be asked for.
EVIDENCE_CHANNELS = 4
# The thing says that it is alive, and how it is, once a day.
HEALTH_S = 86400
# So long before the mandate ends the owner is told of it, once a day.
MANDATE_ENDS_S = 7 * 86400
# What the owner agreed to share of the household's use goes out once a week.
USAGE_S = 7 * 86400
# Of an update: what a message carries, and how many such are asked for at once: with what else the
# desk sends they fit into FRAMES_WAITING. Unanswered it asks again, later each time.
UPDATE_PIECE_BYTES = 768
UPDATE_PIECES = 4
UPDATE_AGAIN_S = 20
# A line of the list of files: 64 hexadecimal digits, a size, and a path of 100 characters.
UPDATE_ROW_BYTES = 200
# Files that come wrong this often are wrong at the desk.
UPDATE_FAULTS = 3
# Starts that a new version has to prove itself: people switch things off and on again.
UPDATE_STARTS = 3
# What runs for so long will not end at once, and senses read within so long, or never.
UPDATE_TRIAL_S = 60
UPDATE_SENSE_S = 600
# A desk that does not answer the new version for a day is asked by the old one for an hour.
UPDATE_DESK_S = 86400
UPDATE_CONTROL_S = 3600
# The core wants to be called at least this often, whatever is due.
STEP_S = 300

assert FRAME_BYTES <= 1280  # the receive buffer allocated once at boot
assert RESEND_S < RESEND_LONGEST_S
assert FLAP_S <= CASE_SETTLE_S < CASE_BACK_S
assert REMEDY_IDLE_S <= REMEDY_REST_S < REMEDY_PATIENCE_S < REMEDY_SPELL_S
assert OUTBOX_BYTES + TRANSACTION_BYTES < JOURNAL_BYTES
assert PAYLOAD_BYTES < TRANSACTION_BYTES
assert UPDATE_PIECE_BYTES + 200 < PAYLOAD_BYTES
assert UPDATE_PIECES < FRAMES_WAITING
assert DELIVERY_LOOK_S < DELIVERY_LATE_S < DELIVERY_GRACE_S < DISPUTE_PATIENCE_S
assert NOTICES < NOTICES_KEPT
assert NOTICES_KEPT * (TEXT_CHARACTERS + 100) < TRANSACTION_BYTES - PAYLOAD_BYTES
assert SURGE_WAIT_S <= SURGE_PATIENCE_S
