"""What belongs to an employer hangs on what belongs to the same employer (security.md §2); the models do not know these keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("receipts", "0004_deputies_of_issuers"),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE receipts_ereceipt ADD CONSTRAINT receipts_ereceipt_of_employer UNIQUE (employer_id, id)",
            "ALTER TABLE receipts_ereceipt DROP CONSTRAINT receipts_ereceipt_of_employer",
        ),
        migrations.RunSQL(
            "ALTER TABLE receipts_receiptrequest ADD CONSTRAINT receipts_receiptrequest_of_employer UNIQUE (employer_id, id)",
            "ALTER TABLE receipts_receiptrequest DROP CONSTRAINT receipts_receiptrequest_of_employer",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE receipts_ereceipt ADD CONSTRAINT receipts_ereceipt_request_same_employer
                FOREIGN KEY (employer_id, request_id) REFERENCES receipts_receiptrequest (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE receipts_ereceipt VALIDATE CONSTRAINT receipts_ereceipt_request_same_employer;
            """,
            "ALTER TABLE receipts_ereceipt DROP CONSTRAINT receipts_ereceipt_request_same_employer",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE receipts_ereceipt ADD CONSTRAINT receipts_ereceipt_reverses_same_employer
                FOREIGN KEY (employer_id, reverses_id) REFERENCES receipts_ereceipt (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE receipts_ereceipt VALIDATE CONSTRAINT receipts_ereceipt_reverses_same_employer;
            """,
            "ALTER TABLE receipts_ereceipt DROP CONSTRAINT receipts_ereceipt_reverses_same_employer",
        ),
    ]
