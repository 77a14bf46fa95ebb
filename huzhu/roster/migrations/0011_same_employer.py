"""What belongs to an employer hangs on what belongs to the same employer (security.md §2); the models do not know these keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("roster", "0010_remarks_about_files"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE roster_insuranceroster ADD CONSTRAINT roster_insuranceroster_of_employer UNIQUE (employer_id, id)",
            "ALTER TABLE roster_insuranceroster DROP CONSTRAINT roster_insuranceroster_of_employer",
        ),
    ]
