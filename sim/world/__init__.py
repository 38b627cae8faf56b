"""One scenario in virtual time, from its first second to its verdict.

`run` reads top to bottom like the story: `scenario` says what is to happen, `clock` keeps time and
events, `thing` is the agent with its flash (`memory`) and chance (`entropy`), `site` its place,
`network` what lies between it and the desk (`endpoint`), `people` who refill, approve and repair,
`observer` watches the `invariants`, `report` tells. Knows nothing of real time and real sockets.
"""
