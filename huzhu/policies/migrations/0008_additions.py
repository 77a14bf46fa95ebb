"""People are added to a policy of the same employer only (docs/adr/0030); the models do not know this key."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0007_first_versions"),
        ("enrolment", "0015_additions"),
    ]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE policies_policy ADD CONSTRAINT policies_policy_of_employer UNIQUE (employer_id, id);
            ALTER TABLE enrolment_enrolmentapplication ADD CONSTRAINT enrolment_application_endorses_same_employer
                FOREIGN KEY (employer_id, endorsed_policy_id) REFERENCES policies_policy (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE enrolment_enrolmentapplication VALIDATE CONSTRAINT enrolment_application_endorses_same_employer;
            """,
            """
            ALTER TABLE enrolment_enrolmentapplication DROP CONSTRAINT enrolment_application_endorses_same_employer;
            ALTER TABLE policies_policy DROP CONSTRAINT policies_policy_of_employer;
            """,
        ),
    ]
