"""What a field of a message may hold: small tests, of which the key tables are made.

A form takes a value out of deterministic CBOR and says whether it fits. The bounds are those of
agent/wire/wire.cddl.
"""

from collections.abc import Callable

NAME_CHARACTERS = 40
TEXT_CHARACTERS = 200
LIST_ITEMS = 32
BODY_BYTES = 1024
INTEGER_MOST = (1 << 48) - 1

Form = Callable[[object], bool]


def natural(most: int = INTEGER_MOST, least: int = 0) -> Form:
    """Integers in least … most."""
    return lambda value: type(value) is int and least <= value <= most


def integer(value) -> bool:
    """Integers of either sign."""
    return type(value) is int and -INTEGER_MOST <= value <= INTEGER_MOST


def text(most: int = TEXT_CHARACTERS, least: int = 0) -> Form:
    """Text of least … most characters."""
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def octets(size: int) -> Form:
    """Exactly `size` bytes."""
    return lambda value: isinstance(value, bytes) and len(value) == size


def document(value) -> bool:
    """A signed document, opened by whoever knows the signer."""
    return isinstance(value, bytes) and 0 < len(value) <= BODY_BYTES


def boolean(value) -> bool:
    """True or False."""
    return isinstance(value, bool)


def one_of(*words: str) -> Form:
    """One of the given texts."""
    return lambda value: isinstance(value, str) and value in words


def list_of(form: Form, most: int = LIST_ITEMS, least: int = 0) -> Form:
    """Lists of least … most items of one form."""
    return lambda value: (
        isinstance(value, list) and least <= len(value) <= most and all(map(form, value))
    )


def row(*forms: Form) -> Form:
    """Lists with one item per form."""
    return lambda value: (
        isinstance(value, list)
        and len(value) == len(forms)
        and all(form(item) for form, item in zip(forms, value, strict=True))
    )


def map_of(key: Form, form: Form) -> Form:
    """Maps of at most LIST_ITEMS entries."""
    return lambda value: (
        isinstance(value, dict)
        and len(value) <= LIST_ITEMS
        and all(key(word) and form(entry) for word, entry in value.items())
    )


uint, name, id16, currency = natural(), text(NAME_CHARACTERS, 1), octets(16), text(3, 3)
evidence = row(name, uint, list_of(row(integer, integer), 64))
