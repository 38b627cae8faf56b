"""One file per part: `class Driver`, as hal/__init__.py says; docs/drivers.md lists them."""
