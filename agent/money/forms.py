"""Forms: what a signed document must look like, checked whole before anything of it counts.

A form is "n" (natural number), "%" (0..100), "?" (yes or no), "t" (text of 1..40 characters),
"c" (three letters), a number (so many bytes), [form] (a list), (form, ...) (a row of just these)
or {"": form} (a map from texts).
"""

from agent import limits
from agent.wire.messages import MessageError

NATURAL_MOST = 0xFFFFFFFFFFFF
_TEXTS = {"t": (1, 40), "c": (3, 3)}


def fits(value, form):
    """Return whether a decoded value has a form."""
    if isinstance(form, int):
        return isinstance(value, bytes) and len(value) == form
    if isinstance(form, str):
        return _is_word(value, form)
    if isinstance(form, dict):
        return (isinstance(value, dict) and len(value) <= limits.LIST_ITEMS
                and all(fits(key, "t") and fits(value[key], form[""]) for key in value))
    if not isinstance(value, list) or len(value) > limits.LIST_ITEMS:
        return False
    forms = form if isinstance(form, tuple) else form * len(value)
    return len(value) == len(forms) and all(fits(v, f) for v, f in zip(value, forms))


def _is_word(value, form):
    if form == "?":
        return isinstance(value, bool)
    if form in _TEXTS:
        least, most = _TEXTS[form]
        return isinstance(value, str) and least <= len(value) <= most
    if isinstance(value, bool) or not isinstance(value, int):
        return False
    return 0 <= value <= (100 if form == "%" else NATURAL_MOST)


def check(content, word, needed, optional):
    """Raise MessageError unless content is a document called word with fields of these forms.

    needed, optional: {key: form}; keys in neither come from a newer peer and are ignored.
    """
    if not isinstance(content, dict) or content.get(0) != word:
        raise MessageError("the document is no " + word)
    for forms in (needed, optional):
        for key in sorted(forms):
            if forms is optional and key not in content:
                continue
            if not fits(content.get(key), forms[key]):
                raise MessageError("key %d of the %s is missing or of another form" % (key, word))
