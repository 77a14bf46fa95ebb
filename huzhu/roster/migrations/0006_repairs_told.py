"""An import keeps what was put right in its rows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("roster", "0005_reasons_by_line")]

    operations = [
        migrations.AddField(model_name="rosterimport", name="repairs", field=models.JSONField(default=list)),
    ]
