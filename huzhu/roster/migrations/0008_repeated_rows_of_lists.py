"""A month's list tells how many of its rows name somebody again."""

from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [("roster", "0007_entered_at")]

    operations = [
        migrations.AddField(
            model_name="insuranceroster",
            name="repeated",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="insuranceroster",
            constraint=models.CheckConstraint(
                condition=Q(failed__gte=F("repeated")), name="insurance_repeated_rows_failed"
            ),
        ),
    ]
