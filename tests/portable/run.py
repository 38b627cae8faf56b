"""Runs portable test files inside MicroPython: micropython run.py test_cbor test_cose ...

pytest runs the same files on CPython, so they keep to what both have: plain functions
`def test_x(): assert ...`, no fixtures, no parameters, no pytest import, tables where pytest
would use parametrize. A portable test imports `agent`, and from the standard library only what
the agent may import.

Prints a line per test, the trace of each that failed, and at the end `N passed, M failed`; the
exit code says the same.
"""

import gc
import sys


def run_file(name):
    """Run every test of the module called `name`. Returns (passed, failed)."""
    module = __import__(name)
    passed = failed = 0
    for word in sorted(dir(module)):
        if not word.startswith("test_"):
            continue
        gc.collect()
        try:
            getattr(module, word)()
        except Exception as error:
            failed += 1
            print("FAIL", name, word)
            sys.print_exception(error)
        else:
            passed += 1
            print("ok", name, word)
    return passed, failed


def main(names):
    """Run the files called `names`; exit 1 if a test failed or there was none."""
    passed = failed = 0
    for name in names:
        counts = run_file(name)
        passed += counts[0]
        failed += counts[1]
    print(passed, "passed,", failed, "failed")
    sys.exit(1 if failed or not passed else 0)


main(sys.argv[1:])
