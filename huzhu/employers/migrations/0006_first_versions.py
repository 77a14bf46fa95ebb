"""Every employer that is there already gets its first version, from the day it was approved."""

from django.db import migrations

FIRST_VERSIONS = """
INSERT INTO employers_employerversion (employer_id, since, until, facts, made_at)
SELECT e.id, (e.approved_at AT TIME ZONE 'Asia/Shanghai')::date, NULL,
       jsonb_build_object('credit_code', e.credit_code, 'name', e.name, 'kind', e.kind,
           'legal_representative', e.legal_representative, 'address', e.address, 'headcount', e.headcount,
           'women_headcount', e.women_headcount, 'handler_name', e.handler_name),
       now()
FROM employers_employer e
WHERE NOT EXISTS (SELECT FROM employers_employerversion v WHERE v.employer_id = e.id)
"""


class Migration(migrations.Migration):
    dependencies = [("employers", "0005_changes_and_versions")]

    operations = [migrations.RunSQL(FIRST_VERSIONS, migrations.RunSQL.noop)]
