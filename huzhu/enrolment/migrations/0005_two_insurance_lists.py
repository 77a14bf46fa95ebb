"""A 省直医保 list counts beside the 社保 list (docs/adr/0015)."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0004_claims_move_and_deputies"), ("roster", "0008_repeated_rows_of_lists")]

    operations = [
        migrations.AddField(
            model_name="enrolmentapplication",
            name="medical_roster",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="roster.insuranceroster",
            ),
        ),
        migrations.AddField(
            model_name="enrolmentapplication",
            name="lists_chosen_at",
            field=models.DateTimeField(null=True),
        ),
    ]
