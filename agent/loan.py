"""Code on loan: what is needed rarely is loaded for one call, and let go of when that is over.

On a small chip a module takes heap for as long as it is loaded, some 35 bytes a function even where
its code lies in flash. So what most things do once a day or once a year stays where it lies until
then. What came with a loan, of its own package, goes with it, so nobody may keep anything of such a
module: no class whose objects live longer, no state. What only rests on it is loaded anew, in
milliseconds.
"""

# The modules that are loaded: on a chip its main puts `sys.modules` here. Where there is room, as
# on a laptop, nothing is let go of, and what is said here still holds.
loaded: dict = {}


def tidy():
    """Make room before a loan, so that what stays of it lies low: main has a way of its own."""


def call(room, name, *arguments):
    """Return what the function `name` of the module `room` returns."""
    before = _beside(room)
    try:
        return getattr(__import__(room, None, None, (name,)), name)(*arguments)
    finally:
        _return(room, before)


def stream(room, name, *arguments):
    """Yield what the generator `name` of the module `room` yields."""
    before = _beside(room)
    try:
        yield from getattr(__import__(room, None, None, (name,)), name)(*arguments)
    finally:
        _return(room, before)


def _beside(room):
    """Make room, and return what is loaded of the room's own package: no more goes with a loan."""
    tidy()
    package = room.rpartition(".")[0] + "."
    return [module for module in loaded if module.startswith(package)]


def _return(room, before):
    give_back(*[module for module in _beside(room) if module not in before])


def later(room, name, *arguments):
    """Return a function that loads the module `room`, for good, and calls its function `name`,
    with what it is called with at the end."""
    return lambda *more: getattr(__import__(room, None, None, (name,)), name)(*arguments, *more)


def give_back(*modules):
    """Forget modules whose work is done, such as what puts a thing together when it starts."""
    for module in modules:
        if module in loaded:
            _let_go(module)


def _let_go(module):
    """Forget a module, and that its package has it."""
    del loaded[module]
    package, _, name = module.rpartition(".")
    if hasattr(loaded.get(package), name):
        delattr(loaded[package], name)
