"""The desk over HTTP: REST for people's pages and programs, a file for each subject.

`app.py` puts them together behind one door; `access.py` asks every request who it is, `guard.py`
bounds it, `views.py` says what is shown of a row and `listing.py` how lists are paged. Nothing here
decides: what may happen is said in the rooms beside this folder.
"""
