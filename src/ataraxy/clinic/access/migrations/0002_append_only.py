"""The access log is append-only: triggers refuse to change or remove a line, whoever asks."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

_SQLITE = (
    """CREATE TRIGGER access_accessentry_no_update BEFORE UPDATE ON access_accessentry
       BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END""",
    """CREATE TRIGGER access_accessentry_no_delete BEFORE DELETE ON access_accessentry
       BEGIN SELECT RAISE(ABORT, 'the access log is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION access_accessentry_refuse() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'the access log is append-only'; END $$""",
    """CREATE TRIGGER access_accessentry_no_change BEFORE UPDATE OR DELETE ON access_accessentry
       FOR EACH ROW EXECUTE FUNCTION access_accessentry_refuse()""",
    """CREATE TRIGGER access_accessentry_no_truncate BEFORE TRUNCATE ON access_accessentry
       FOR EACH STATEMENT EXECUTE FUNCTION access_accessentry_refuse()""",
)


def forward(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    statements = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}[schema_editor.connection.vendor]
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    """Adds the triggers. There is no way back: removing them is a decision of whoever owns the database."""

    dependencies = (("access", "0001_initial"),)
    operations = (migrations.RunPython(forward),)
