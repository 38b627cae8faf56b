"""Work that takes a small chip longer than a turn of its loop may last, in slices.

Generators, for a command that is one: they pause after what takes about a fortieth of the time of
a verification, and return what comes of it.
"""


def signer(port, verb, *arguments):
    """What `verb` of a signer gives; one that does not know how to pause is quick."""
    slow = getattr(port, verb + "_slowly", None)
    if slow is None:
        return getattr(port, verb)(*arguments)
    return (yield from slow(*arguments))
