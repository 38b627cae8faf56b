"""Code on loan: what is needed rarely is loaded for one call, and let go of when that is over.

On a small chip a module takes heap for as long as it is loaded, some 35 bytes a function even where
its code lies in flash. So what most things do once a day or once a year stays where it lies until
then. Whatever came with a loan goes with it, so nobody may keep anything of such a module: no
class whose objects live longer, no state. What only rests on it is loaded anew, in milliseconds.
"""

# The modules that are loaded: on a chip its main puts `sys.modules` here. Where there is room, as
# on a laptop, nothing is let go of, and what is said here still holds.
loaded: dict = {}


def call(room, name, *arguments):
    """Return what the function `name` of the module `room` returns."""
    before = set(loaded)
    try:
        return getattr(__import__(room, None, None, (name,)), name)(*arguments)
    finally:
        for module in [module for module in loaded if module not in before]:
            _let_go(module)


def stream(room, name, *arguments):
    """Yield what the generator `name` of the module `room` yields.

    What others load while it pauses is theirs: of what came with it only its own package goes.
    """
    before, package = set(loaded), room.rpartition(".")[0] + "."
    try:
        yield from getattr(__import__(room, None, None, (name,)), name)(*arguments)
    finally:
        for module in [module for module in loaded if module.startswith(package)]:
            if module not in before:
                _let_go(module)


def later(room, name, *arguments):
    """Return a function that loads the module `room`, for good, and calls its function `name`."""
    return lambda: getattr(__import__(room, None, None, (name,)), name)(*arguments)


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
