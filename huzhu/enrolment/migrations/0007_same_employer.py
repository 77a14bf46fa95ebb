"""What belongs to an employer hangs on what belongs to the same employer (security.md §2); the models do not know these keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("enrolment", "0006_another_person_reviews"),
        ("roster", "0011_same_employer"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE enrolment_enrolmentapplication ADD CONSTRAINT enrolment_enrolmentapplication_of_employer UNIQUE (employer_id, id)",
            "ALTER TABLE enrolment_enrolmentapplication DROP CONSTRAINT enrolment_enrolmentapplication_of_employer",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE enrolment_enrolmentapplication ADD CONSTRAINT enrolment_enrolmentapplication_insurance_roster_same_employer
                FOREIGN KEY (employer_id, insurance_roster_id) REFERENCES roster_insuranceroster (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE enrolment_enrolmentapplication VALIDATE CONSTRAINT enrolment_enrolmentapplication_insurance_roster_same_employer;
            """,
            "ALTER TABLE enrolment_enrolmentapplication DROP CONSTRAINT enrolment_enrolmentapplication_insurance_roster_same_employer",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE enrolment_enrolmentapplication ADD CONSTRAINT enrolment_enrolmentapplication_medical_roster_same_employer
                FOREIGN KEY (employer_id, medical_roster_id) REFERENCES roster_insuranceroster (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE enrolment_enrolmentapplication VALIDATE CONSTRAINT enrolment_enrolmentapplication_medical_roster_same_employer;
            """,
            "ALTER TABLE enrolment_enrolmentapplication DROP CONSTRAINT enrolment_enrolmentapplication_medical_roster_same_employer",
        ),
    ]
