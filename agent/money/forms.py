"""Forms: what a signed document must look like, checked whole before anything of it counts.

A form is n (natural number), % (0..100), ? (yes or no), t (text of 1..40 characters), c (three
letters) or a number (so many bytes); of these a row with commas; and before it [ makes it a list
of such, { a map from texts to such.  So "{[t" is a map from texts to lists of texts.
"""

from agent import limits
from agent.wire.messages import MessageError

NATURAL_MOST = 0xFFFFFFFFFFFF


def fits(value, form):
    """Return whether a decoded value has a form."""
    if form[0] == "{":
        return (isinstance(value, dict) and len(value) <= limits.LIST_ITEMS
                and all(fits(key, "t") and fits(value[key], form[1:]) for key in value))
    row = form.split(",")
    if form[0] == "[":
        if not isinstance(value, list) or len(value) > limits.LIST_ITEMS:
            return False
        row = [form[1:]] * len(value)
    elif len(row) == 1:
        return _is_word(value, form)
    return (isinstance(value, list) and len(value) == len(row)
            and all(fits(*pair) for pair in zip(value, row)))


def _is_word(value, form):
    if form.isdigit():
        return isinstance(value, bytes) and len(value) == int(form)
    if form == "?":
        return isinstance(value, bool)
    if form in "tc":
        return isinstance(value, str) and (1 <= len(value) <= 40 if form == "t"
                                           else len(value) == 3)
    return (isinstance(value, int) and not isinstance(value, bool)
            and 0 <= value <= (100 if form == "%" else NATURAL_MOST))


def check(content, word, forms, needed):
    """Raise MessageError unless content is a document called word with fields of these forms.

    forms: those of keys 1, 2, ... with spaces between; so many of the first are needed.  Other
    keys come from a newer peer and are ignored.
    """
    if not isinstance(content, dict) or content.get(0) != word:
        raise MessageError("the document is no " + word)
    key = 0
    for form in forms.split():
        key += 1
        if (key <= needed or key in content) and not fits(content.get(key), form):
            raise MessageError("key %d of the %s is missing or of another form" % (key, word))
