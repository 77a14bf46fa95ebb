"""
The overlap guard (docs/adr/0002-overlap-guard.md): after every statement that adds or changes covers, the database checks, under
locks, that nobody holds more shares of a plan than its limit on any day, nor two plans of an exclusive group.
"""

from django.db import migrations, models

# 1,024 buckets, distinct and sorted: one lock per person would exhaust the lock table, unsorted ones deadlock (security.md §6).
LOCK_WORKERS = """
CREATE FUNCTION cover_lock_workers(workers bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7201, sorted.bucket)
    FROM (SELECT DISTINCT (worker % 1024)::int AS bucket FROM unnest(workers) AS worker ORDER BY 1) AS sorted;
END $$
"""

# The most shares are held on the first day of some cover, so only first days within the new period are looked at.
GUARD = """
CREATE FUNCTION cover_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'cover is written under read committed only: an older snapshot would not see the covers of others'
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
    PERFORM cover_lock_workers(ARRAY(SELECT DISTINCT worker_id FROM written));

    SELECT crowded.worker_id, crowded.plan_id, peak.day INTO wrong
    FROM (
        SELECT w.worker_id, w.plan_id, w.coverage_start, w.coverage_end, version.max_shares
        FROM written AS w
        JOIN plans_planversion AS version ON version.id = w.plan_version_id
        WHERE w.share_count > version.max_shares OR EXISTS (
            SELECT FROM cover_cover AS held
            WHERE held.worker_id = w.worker_id AND held.plan_id = w.plan_id AND held.id <> w.id
              AND held.coverage_end > w.coverage_start AND held.coverage_start < w.coverage_end)
    ) AS crowded
    CROSS JOIN LATERAL (
        SELECT DISTINCT greatest(held.coverage_start, crowded.coverage_start) AS day
        FROM cover_cover AS held
        WHERE held.worker_id = crowded.worker_id AND held.plan_id = crowded.plan_id
          AND held.coverage_end > crowded.coverage_start AND held.coverage_start < crowded.coverage_end
    ) AS peak
    WHERE crowded.max_shares < (
        SELECT sum(held.share_count) FROM cover_cover AS held
        WHERE held.worker_id = crowded.worker_id AND held.plan_id = crowded.plan_id
          AND held.coverage_start <= peak.day AND held.coverage_end > peak.day)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'worker % would hold more shares of plan % than its limit on %', wrong.worker_id, wrong.plan_id, wrong.day
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'cover_share_limit';
    END IF;

    SELECT w.worker_id, version.exclusive_group INTO wrong
    FROM written AS w
    JOIN plans_planversion AS version ON version.id = w.plan_version_id AND version.exclusive_group <> ''
    WHERE EXISTS (
        SELECT FROM cover_cover AS held
        JOIN plans_planversion AS other ON other.id = held.plan_version_id
        WHERE held.worker_id = w.worker_id AND held.plan_id <> w.plan_id
          AND other.exclusive_group = version.exclusive_group
          AND held.coverage_end > w.coverage_start AND held.coverage_start < w.coverage_end)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'worker % would hold two plans of the exclusive group %', wrong.worker_id, wrong.exclusive_group
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'cover_exclusive_group';
    END IF;
    RETURN NULL;
END $$
"""

TRIGGERS = """
CREATE TRIGGER cover_guard_insert AFTER INSERT ON cover_cover
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION cover_guard();
CREATE TRIGGER cover_guard_update AFTER UPDATE ON cover_cover
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION cover_guard()
"""


class Migration(migrations.Migration):
    dependencies = [("cover", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="cover",
            name="carried_amount",
            field=models.DecimalField(decimal_places=2, default=0, max_digits=14),
        ),
        migrations.RunSQL(LOCK_WORKERS, "DROP FUNCTION cover_lock_workers(bigint[])"),
        migrations.RunSQL(GUARD, "DROP FUNCTION cover_guard()"),
        migrations.RunSQL(
            TRIGGERS, "DROP TRIGGER cover_guard_insert ON cover_cover; DROP TRIGGER cover_guard_update ON cover_cover"
        ),
    ]
