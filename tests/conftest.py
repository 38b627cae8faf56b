"""What holds for every test: Hypothesis draws the same examples each time, however slow it is.

A change must not fail on what another one broke, so `make test` is the same everywhere; new
examples are looked for with HYPOTHESIS_PROFILE=random, as `make nightly` does.
"""

import os

from hypothesis import settings

settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("random", deadline=None, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))
