"""A reason points at the line of the list itself: a line is found by its key at once, by its row only by reading the whole list."""

import django.db.models.deletion
from django.db import migrations, models

POINT_AT_LINES = """
UPDATE roster_differencereason AS reason SET line_id = line.id
FROM roster_insurancerosterline AS line WHERE line.roster_id = reason.roster_id AND line.row = reason.row
"""
POINT_AT_ROWS = """
UPDATE roster_differencereason AS reason SET row = line.row
FROM roster_insurancerosterline AS line WHERE line.id = reason.line_id
"""


class Migration(migrations.Migration):
    dependencies = [("roster", "0004_import_progress")]

    operations = [
        migrations.AddField(
            model_name="differencereason",
            name="line",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="roster.insurancerosterline",
            ),
        ),
        migrations.RunSQL(POINT_AT_LINES, POINT_AT_ROWS),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.RemoveConstraint(model_name="differencereason", name="one_reason_per_row"),
        migrations.RemoveConstraint(model_name="differencereason", name="a_reason_is_about_somebody"),
        migrations.RemoveField(model_name="differencereason", name="row"),
        migrations.AlterField(
            model_name="differencereason",
            name="roster",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reasons",
                to="roster.insuranceroster",
            ),
        ),
        migrations.AddConstraint(
            model_name="differencereason",
            constraint=models.UniqueConstraint(
                condition=models.Q(("line__isnull", False)), fields=("roster", "line"), name="one_reason_per_line"
            ),
        ),
        migrations.AddConstraint(
            model_name="differencereason",
            constraint=models.CheckConstraint(
                condition=models.Q(("entry__isnull", False), ("line__isnull", False), _connector="OR"),
                name="a_reason_is_about_somebody",
            ),
        ),
    ]
