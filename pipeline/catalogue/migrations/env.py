"""Runs migrations on the connection Database hands over."""

from alembic import context

from pipeline.catalogue.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
