"""A file keeps what is said once about the whole of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("roster", "0009_stated_gender_and_birthday")]

    operations = [
        migrations.AddField(
            model_name=name, name="remarks", field=models.JSONField(db_default=[], default=list)
        )
        for name in ("rosterimport", "insuranceroster")
    ]
