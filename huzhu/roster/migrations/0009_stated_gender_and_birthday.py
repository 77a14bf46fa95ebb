"""
Gender and birthday as each employer states them stand on its own row; until now every row of a person went by the person's.

The trigger that remembers changes is away meanwhile: nobody changed anything.
"""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

FILL = """
UPDATE roster_rosterentry AS entry SET gender = worker.gender, born_on = worker.born_on
FROM roster_worker AS worker WHERE worker.id = entry.worker_id
"""


class Migration(migrations.Migration):
    dependencies = [("roster", "0008_repeated_rows_of_lists")]

    operations = [
        pgtrigger.migrations.RemoveTrigger(model_name="rosterentry", name="remember_changes"),
        migrations.AddField(model_name="rosterentry", name="born_on", field=models.DateField(null=True)),
        migrations.AddField(
            model_name="rosterentry",
            name="gender",
            field=models.CharField(choices=[("male", "男"), ("female", "女")], max_length=6, null=True),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(model_name="rosterentry", name="born_on", field=models.DateField()),
        migrations.AlterField(
            model_name="rosterentry",
            name="gender",
            field=models.CharField(choices=[("male", "男"), ("female", "女")], max_length=6),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="rosterentry",
            trigger=pgtrigger.compiler.Trigger(name='remember_changes', sql=pgtrigger.compiler.UpsertTriggerSql(func="\n    INSERT INTO roster_rosterentrychange (entry_id, changed_at, changes)\n    SELECT now_.id, now_.changed_at, jsonb_strip_nulls(jsonb_build_object('name', CASE WHEN was.name IS DISTINCT FROM now_.name THEN jsonb_build_array(was.name, now_.name) END, 'document_id', CASE WHEN was.document_id IS DISTINCT FROM now_.document_id THEN jsonb_build_array(was.document_id, now_.document_id) END, 'gender', CASE WHEN was.gender IS DISTINCT FROM now_.gender THEN jsonb_build_array(was.gender, now_.gender) END, 'born_on', CASE WHEN was.born_on IS DISTINCT FROM now_.born_on THEN jsonb_build_array(was.born_on, now_.born_on) END, 'mobile', CASE WHEN was.mobile IS DISTINCT FROM now_.mobile THEN jsonb_build_array(was.mobile, now_.mobile) END, 'job_category', CASE WHEN was.job_category IS DISTINCT FROM now_.job_category THEN jsonb_build_array(was.job_category, now_.job_category) END, 'employment_form', CASE WHEN was.employment_form IS DISTINCT FROM now_.employment_form THEN jsonb_build_array(was.employment_form, now_.employment_form) END, 'department', CASE WHEN was.department IS DISTINCT FROM now_.department THEN jsonb_build_array(was.department, now_.department) END, 'note', CASE WHEN was.note IS DISTINCT FROM now_.note THEN jsonb_build_array(was.note, now_.note) END, 'status', CASE WHEN was.status IS DISTINCT FROM now_.status THEN jsonb_build_array(was.status, now_.status) END, 'joined_on', CASE WHEN was.joined_on IS DISTINCT FROM now_.joined_on THEN jsonb_build_array(was.joined_on, now_.joined_on) END, 'left_on', CASE WHEN was.left_on IS DISTINCT FROM now_.left_on THEN jsonb_build_array(was.left_on, now_.left_on) END))\n    FROM old_rows AS was JOIN new_rows AS now_ USING (id)\n    WHERE (was.name, was.document_id, was.gender, was.born_on, was.mobile, was.job_category, was.employment_form, was.department, was.note, was.status, was.joined_on, was.left_on)\n          IS DISTINCT FROM (now_.name, now_.document_id, now_.gender, now_.born_on, now_.mobile, now_.job_category, now_.employment_form, now_.department, now_.note, now_.status, now_.joined_on, now_.left_on);\n    RETURN NULL;\n", hash='43d0c54f3557b838fa5d38655f559cb7e2fbd43a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_remember_changes_467ca', referencing='REFERENCING OLD TABLE AS old_rows  NEW TABLE AS new_rows ', table='roster_rosterentry', when='AFTER')),
        ),
    ]
