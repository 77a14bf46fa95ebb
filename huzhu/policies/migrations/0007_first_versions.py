"""Policies issued so far get their first version."""

from django.db import migrations

FIRST_VERSIONS = """
INSERT INTO policies_policyversion (policy_id, number, cause, application_id, effective_on, added_count, removed_count,
    member_count, left_count, added_amount, contribution_amount, coverage_start, coverage_end, made_at, document_id,
    sealed_confirmation_id)
SELECT id, 1, 'issued', application_id, coverage_start, member_count, 0, member_count, 0, contribution_amount,
    contribution_amount, coverage_start, coverage_end, issued_at, document_id, sealed_confirmation_id
FROM policies_policy AS policy
WHERE NOT EXISTS (SELECT FROM policies_policyversion AS there WHERE there.policy_id = policy.id)
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0006_versions")]

    operations = [migrations.RunSQL(FIRST_VERSIONS, migrations.RunSQL.noop)]
