import django.db.models.deletion
from django.db import migrations, models

# A precheck plans the period of everybody on a list. With room on each page the rows change in place, and no index is touched.
ROOM = "ALTER TABLE enrolment_applicationmember SET (fillfactor = 50)"


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0013_judgements")]

    operations = [
        migrations.RunSQL(ROOM, "ALTER TABLE enrolment_applicationmember RESET (fillfactor)"),
        migrations.AlterField(
            model_name="applicationmember",
            name="application",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="enrolment.enrolmentapplication",
            ),
        ),
        migrations.AlterField(
            model_name="applicationmember",
            name="application_plan",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="members",
                to="enrolment.applicationplan",
            ),
        ),
    ]
