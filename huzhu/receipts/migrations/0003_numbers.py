"""The running numbers of receipt requests and of e-receipts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("receipts", "0002_issuing")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE receipts_request_number MAXVALUE 999999 CYCLE", "DROP SEQUENCE receipts_request_number"
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE receipts_receipt_number MAXVALUE 9999999999 CYCLE", "DROP SEQUENCE receipts_receipt_number"
        ),
    ]
