"""The desk's web page, for service and supply teams and for owners.

A page is a client of REST like any other program: it reads and does what REST offers, in this
process and without a socket, and can do nothing else. `mount.py` puts it into the desk's server
behind the same API key; `shell.py` is what all pages share; one file a subject. `approve.js` signs
in the owner's browser. Served by NiceGUI from files in its wheel: no internet is needed.
"""
