"""Draft the next step from what the models say: `python -m sim.desk.migrations.draft WORDS`.

What it writes is a draft: read it, shorten it, and think of the rows that it will meet.
"""

import sys

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from sim.desk import schema, upkeep


def main(words: str) -> None:
    """Write the file of the step that comes after the newest one."""
    number = f"{int(schema.head()) + 1:04}"
    with create_engine("sqlite://").begin() as connection:
        upkeep.upgrade(connection)
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(schema.STEPS).replace("%", "%%"))
        config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
        command.revision(config, words, autogenerate=True, rev_id=number)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit("usage: python -m sim.desk.migrations.draft WORDS")
    main(" ".join(sys.argv[1:]))
