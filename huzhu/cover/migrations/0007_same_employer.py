"""What belongs to an employer hangs on what belongs to the same employer (security.md §2); the models do not know these keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("cover", "0006_past_policy_files"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE cover_policybinding ADD CONSTRAINT cover_policybinding_of_employer UNIQUE (employer_id, id)",
            "ALTER TABLE cover_policybinding DROP CONSTRAINT cover_policybinding_of_employer",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE cover_cover ADD CONSTRAINT cover_cover_binding_same_employer
                FOREIGN KEY (employer_id, binding_id) REFERENCES cover_policybinding (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE cover_cover VALIDATE CONSTRAINT cover_cover_binding_same_employer;
            """,
            "ALTER TABLE cover_cover DROP CONSTRAINT cover_cover_binding_same_employer",
        ),
    ]
