"""What belongs to an employer hangs on what belongs to the same employer (security.md §2); the models do not know these keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("employers", "0009_branch_in_versions"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE employers_branchtransfer ADD CONSTRAINT employers_branchtransfer_of_employer UNIQUE (employer_id, id)",
            "ALTER TABLE employers_branchtransfer DROP CONSTRAINT employers_branchtransfer_of_employer",
        ),
        migrations.RunSQL(
            "ALTER TABLE employers_changerequest ADD CONSTRAINT employers_changerequest_of_employer UNIQUE (employer_id, id)",
            "ALTER TABLE employers_changerequest DROP CONSTRAINT employers_changerequest_of_employer",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE employers_employerversion ADD CONSTRAINT employers_employerversion_change_request_same_employer
                FOREIGN KEY (employer_id, change_request_id) REFERENCES employers_changerequest (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE employers_employerversion VALIDATE CONSTRAINT employers_employerversion_change_request_same_employer;
            """,
            "ALTER TABLE employers_employerversion DROP CONSTRAINT employers_employerversion_change_request_same_employer",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE employers_employerversion ADD CONSTRAINT employers_employerversion_transfer_same_employer
                FOREIGN KEY (employer_id, transfer_id) REFERENCES employers_branchtransfer (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE employers_employerversion VALIDATE CONSTRAINT employers_employerversion_transfer_same_employer;
            """,
            "ALTER TABLE employers_employerversion DROP CONSTRAINT employers_employerversion_transfer_same_employer",
        ),
    ]
