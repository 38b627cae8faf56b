"""Words that look closer: at one channel, at what waits for the desk, at the clock."""

from agent.console.grammar import CommandError, Pairs, Rows, one
from agent.sense.channels import QUALITIES

KINDS = """,hello,health,finding,request for quotation,order,order event,case,case event,dispute,\
experience,acknowledgement,reply,usage,shed,rejection,question,update,fetch,farewell"""
HEARD = """nobody's,acknowledgement,offer,order status,case status,mandate,command,notice,\
configuration,update,memory of the desk,no offer,approval,piece of an update"""
DAYS_TO_1970 = 719_468  # from 1 March of the year 0, where leap days come last
ERA_DAYS = 146_097  # 400 years


def read(agent, words, at):
    """The readings of a channel that are kept as evidence, and its last one."""
    name = one(words, "a channel's name")
    for signal in agent.senses.signals:
        if signal.channel.name == name:
            break
    else:
        raise CommandError("%r is no channel; `channels` lists them" % name)
    kept = signal.evidence(at, signal.channel.evidence) if signal.channel.evidence else []
    rows = [[ago, units / signal.channel.scale, "good"] for ago, units in kept]
    if signal.at is not None and (signal.quality or not rows):
        value = None if signal.quality else signal.value
        rows.append([at - signal.at, value, QUALITIES[signal.quality]])
    return Rows("age_s value quality", rows, "nothing was read yet")


def outbox(agent, words, at):
    return Rows("message kind age_s tries again_in_s bytes", [
        [message.id, _word(KINDS, message.kind),
         at - message.at, message.tries, max(0, message.due - at), len(message.body)]
        for message in agent.outbox.pending()], "the desk has acknowledged everything")


def messages(agent, words, at):
    """What came of late and what was done with it; what could not be verified is nobody's."""
    return Rows("message age_s outcome", [
        [_word(HEARD, kind), at - then,
         "used" if why is None else "refused: " + why]
        for then, kind, why in agent.inbox.heard], "nothing came since the start")


def _word(words, kind):
    words = words.split(",")
    return words[kind] if kind < len(words) else "kind %d" % kind


def time(agent, words, at):
    utc = agent.clock.utc(at)
    return Pairs([("utc", utc), ("date", None if utc is None else date(utc)), ("age_s", at)])


def date(utc):
    """Return unix seconds as text, by Hinnant's days-to-civil algorithm."""
    days, second = utc // 86400 + DAYS_TO_1970, utc % 86400
    era, day = days // ERA_DAYS, days % ERA_DAYS
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5 - 1
    month += 3 if month < 10 else -9
    return "%d-%02d-%02d %02d:%02d:%02d" % (year + 400 * era + (month < 3), month, day,
                                            second // 3600, second // 60 % 60, second % 60)


def log(agent, words, at):
    told = agent.ports.told if getattr(agent, "ports", None) else []
    return Rows("age_s told", [
        [at - agent.clock.at(uptime), text] for uptime, text in told], "nothing yet")
