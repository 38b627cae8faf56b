"""The main job on the real parts: a device process, TLS, a broker, a desk, and a page to watch.

`live` starts and joins them and lets a scenario happen to them; `page` and `timeline` show it, with
what `display` keeps and `wiretap` overhears; `story` says whether it came out right. `picture` and
`desk_picture` take the documents' pictures. Here time is real, only faster.
"""
