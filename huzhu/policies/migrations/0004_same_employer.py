"""What belongs to an employer hangs on what belongs to the same employer (security.md §2); the models do not know these keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0003_check_attempts"),
        ("enrolment", "0007_same_employer"),
    ]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE policies_policy ADD CONSTRAINT policies_policy_application_same_employer
                FOREIGN KEY (employer_id, application_id) REFERENCES enrolment_enrolmentapplication (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE policies_policy VALIDATE CONSTRAINT policies_policy_application_same_employer;
            """,
            "ALTER TABLE policies_policy DROP CONSTRAINT policies_policy_application_same_employer",
        ),
    ]
