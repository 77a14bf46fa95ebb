"""
When each row was written, so that a person's history begins with who listed the person and by which act.

Rows nobody has changed since tell it themselves; of the others it is not known.
"""

from django.db import migrations, models

FILL = """
UPDATE roster_rosterentry AS entry SET entered_at = changed_at
WHERE NOT EXISTS (SELECT FROM roster_rosterentrychange AS change WHERE change.entry_id = entry.id)
"""


class Migration(migrations.Migration):
    dependencies = [("roster", "0006_repairs_told")]

    operations = [
        migrations.AddField(model_name="rosterentry", name="entered_at", field=models.DateTimeField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
