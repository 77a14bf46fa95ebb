"""What belongs to an employer hangs on what belongs to the same employer (security.md §2); the models do not know these keys."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0005_deputies_of_cashiers"),
        ("enrolment", "0007_same_employer"),
    ]

    operations = [
        migrations.RunSQL(
            """
            ALTER TABLE billing_paymentslip ADD CONSTRAINT billing_paymentslip_application_same_employer
                FOREIGN KEY (employer_id, application_id) REFERENCES enrolment_enrolmentapplication (employer_id, id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            ALTER TABLE billing_paymentslip VALIDATE CONSTRAINT billing_paymentslip_application_same_employer;
            """,
            "ALTER TABLE billing_paymentslip DROP CONSTRAINT billing_paymentslip_application_same_employer",
        ),
    ]
