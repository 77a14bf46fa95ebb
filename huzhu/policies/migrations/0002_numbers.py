"""The running number of policies."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE policies_policy_number MAXVALUE 999999 CYCLE", "DROP SEQUENCE policies_policy_number"
        ),
    ]
