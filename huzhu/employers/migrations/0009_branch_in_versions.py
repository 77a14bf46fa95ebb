"""Every version so far was written where the employer still is: nobody has gone to another branch before this."""

from django.db import migrations

BRANCHES = """
UPDATE employers_employerversion v
SET facts = v.facts || jsonb_build_object('branch_id', e.branch_id, 'branch', b.name)
FROM employers_employer e JOIN accounts_branch b ON b.id = e.branch_id
WHERE e.id = v.employer_id AND NOT v.facts ? 'branch_id'
"""


class Migration(migrations.Migration):
    dependencies = [("employers", "0008_branch_transfers")]

    operations = [migrations.RunSQL(BRANCHES, migrations.RunSQL.noop)]
