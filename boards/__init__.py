"""Descriptions of products and of boards: data, and the host tools that read it.

`products/*.toml` say what a thing is; `*.toml` here say how one is wired. `load` parses a file
and keeps its line numbers, `schema` and `wiring` hold its shape, `checks` what must agree,
`compiler` writes the deterministic CBOR that a device loads. Runs on a laptop only; imports
nothing of the agent, so that a description can be checked without one.
"""
