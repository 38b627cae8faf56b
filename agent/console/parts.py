"""A document that is longer than a line of the console, in numbered parts.

Parts are kept in the heap until the last one is there: half a document has no effect and leaves no
trace, and part 1 begins again.
"""

import binascii

from agent.console.grammar import CommandError, natural


def take(agent, name, words, most):
    """Take `part/parts HEX`; return the document with its last part, else None.

    name: of the document; most: the bytes that it may have. Raises CommandError and keeps nothing
    of a part that is not the next one.
    """
    if len(words) != 2:
        raise CommandError("say: put part/parts and hexadecimal")
    parts, place, data = agent.ports.parts, words[0].split("/"), unhex(words[1], "what follows")
    number, count = [natural(each) for each in place] if len(place) == 2 else (-1, -1)
    if number < 0 or count < 0:
        raise CommandError("%r is not part/parts" % words[0])
    if number == 1:
        parts[name] = []
    so_far = parts.get(name, [])
    if number != len(so_far) + 1 or number > count:
        raise CommandError("part %d was expected, not %s" % (len(so_far) + 1, words[0]))
    if sum([len(part) for part in so_far]) + len(data) > most:
        raise CommandError("it has at most %d bytes" % most)
    so_far.append(data)
    if number < count:
        return None
    del parts[name]
    return b"".join(so_far)


def unhex(word, what):
    """Return the bytes of a hexadecimal word, or raise CommandError."""
    try:
        return binascii.unhexlify(word)
    except ValueError:
        raise CommandError("%s is not hexadecimal" % what)
