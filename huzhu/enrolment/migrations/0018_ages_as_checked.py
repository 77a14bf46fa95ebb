from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0017_splits")]

    operations = [
        migrations.AddField(
            model_name="applicationmember",
            name=name,
            field=models.BooleanField(db_default=False, default=False),
        )
        for name in ("is_over_age", "is_category_needed", "is_on_list")
    ]
