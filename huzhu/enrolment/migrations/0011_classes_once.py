"""Who enrols for the first time, renews or lapsed is read from the member's own row instead of being written a second time."""

import django.db.models.deletion
from django.db import migrations, models

VIEW = """
CREATE VIEW enrolment_shownfinding AS
SELECT id, application_id, application_plan_id, member_id, code, severity, rule_version, proof_kind, inputs, is_for_reviewers
FROM enrolment_finding
UNION ALL
SELECT -member.id, member.application_id, member.application_plan_id, member.id, told.code, 'info',
       coalesce((application.rule_versions ->> told.code)::smallint, 1::smallint), '', told.inputs, false
FROM enrolment_applicationmember AS member
JOIN enrolment_enrolmentapplication AS application ON application.id = member.application_id
JOIN enrolment_applicationplan AS plan ON plan.id = member.application_plan_id
JOIN plans_planversion AS version ON version.id = plan.plan_version_id
CROSS JOIN LATERAL (
    SELECT CASE member.planned_class WHEN 'first' THEN 'first_enrolment' WHEN 'renewal' THEN 'renewal' ELSE 'lapsed' END AS code,
           CASE member.planned_class
           WHEN 'first' THEN jsonb_build_object('start', member.planned_start, 'end', member.planned_end,
               'waiting_days', version.waiting_days_first)
           WHEN 'renewal' THEN jsonb_build_object('start', member.planned_start, 'end', member.planned_end,
               'previous_end', member.previous_end, 'waiting_days', version.waiting_days_renewal,
               'added_waiting_days', version.waiting_days_first)
           ELSE jsonb_build_object('start', member.planned_start, 'end', member.planned_end,
               'previous_end', member.previous_end, 'waiting_days', version.waiting_days_lapsed) END AS inputs
) AS told
WHERE member.planned_class <> '' AND member.planned_start IS NOT NULL AND member.removed_at IS NULL
"""
CLASSES = "DELETE FROM enrolment_finding WHERE code IN ('first_enrolment', 'renewal', 'lapsed')"


class Migration(migrations.Migration):
    dependencies = [("enrolment", "0010_proof_verdicts"), ("plans", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="enrolmentapplication", name="rule_versions", field=models.JSONField(default=dict)
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel(old_name="Finding", new_name="RecordedFinding"),
                migrations.AlterModelTable(name="recordedfinding", table="enrolment_finding"),
            ],
        ),
        migrations.AlterField(
            model_name="recordedfinding",
            name="application",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="recorded_findings",
                to="enrolment.enrolmentapplication",
            ),
        ),
        migrations.AlterField(
            model_name="recordedfinding",
            name="member",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="recorded_findings",
                to="enrolment.applicationmember",
            ),
        ),
        migrations.RunSQL(CLASSES, migrations.RunSQL.noop),
        migrations.RunSQL(VIEW, "DROP VIEW enrolment_shownfinding"),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=30)),
                (
                    "severity",
                    models.CharField(
                        choices=[("block", "不可参保"), ("proof", "需材料"), ("warn", "提示"), ("info", "说明")],
                        max_length=6,
                    ),
                ),
                ("rule_version", models.PositiveSmallIntegerField()),
                (
                    "proof_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("in_service_certificate", "延迟退休参保职工在职证明"),
                            ("dispatch_proof", "劳务派遣人员证明"),
                            ("insurance_roster", "当月社保或省直医保参保名单"),
                            ("participation_note", "参保比例说明"),
                        ],
                        max_length=30,
                    ),
                ),
                ("inputs", models.JSONField(default=dict)),
                ("is_for_reviewers", models.BooleanField(default=False)),
            ],
            options={"db_table": "enrolment_shownfinding", "managed": False},
        ),
    ]
