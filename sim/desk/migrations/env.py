"""What Alembic runs: the steps, in the transaction of whoever called it."""

from alembic import context

from sim.desk.models import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    # SQLite knows little of ALTER TABLE: Alembic makes the table anew and copies its rows.
    render_as_batch=True,
    # Either all steps are taken or none; SQLite, too, can roll back what makes tables.
    transactional_ddl=True,
)
context.run_migrations()
