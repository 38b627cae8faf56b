"""Recorded data: what the agent would have found in it, and what can be learned from it.

`recording` reads a CSV, `replay` feeds it to the agent, `chart` draws what came of it. `fit` learns
the weights of `life`, `thresholds` those of other monitors; `product_edit` writes them into a
product file and leaves every other byte as it was.
"""
