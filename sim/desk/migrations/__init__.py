"""The desk's tables as they were and how they became what they are: one file a step, by Alembic.

`sim/desk/schema.py` runs them. A step that has been released is never changed. A new one is first
drafted with `python -m sim.desk.migrations.draft WORDS`, then read, tried on SQLite and PostgreSQL,
and written so that it may meet ten years of rows.
"""
