-- What triggers and the nightly closing call. Written anew after every migration (huzhu/audit/walls.py).

-- One value as the history may show it: hidden columns as the beginning of their digest, so that a change of them is still seen.
CREATE OR REPLACE FUNCTION audit_shown(name text, value jsonb, hidden text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN name = ANY (string_to_array(hidden, ',')) AND value <> 'null'
        THEN to_jsonb('sha256:' || left(encode(sha256(convert_to(value::text, 'UTF8')), 'hex'), 16)) ELSE value END
$$;

CREATE OR REPLACE FUNCTION audit_keep_insert() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit_rowchange (written_at, login_role, table_name, row_id, act)
    SELECT now(), session_user, TG_TABLE_NAME, id::text, 'insert' FROM new_rows;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION audit_keep_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit_rowchange (written_at, login_role, table_name, row_id, act, before, after)
    SELECT now(), session_user, TG_TABLE_NAME, changed.id, 'update', difference.before, difference.after
    FROM (
        SELECT coalesce(n.id, o.id)::text AS id, coalesce(o.line, '{}') AS old_line, coalesce(n.line, '{}') AS new_line
        FROM (SELECT id, to_jsonb(r) AS line FROM old_rows r OFFSET 0) o
        FULL JOIN (SELECT id, to_jsonb(r) AS line FROM new_rows r OFFSET 0) n USING (id)
        WHERE o.line IS DISTINCT FROM n.line
    ) changed
    CROSS JOIN LATERAL (
        SELECT jsonb_object_agg(name, audit_shown(name, old_line -> name, TG_ARGV[0])) AS before,
            jsonb_object_agg(name, audit_shown(name, new_line -> name, TG_ARGV[0])) AS after
        FROM jsonb_object_keys(old_line || new_line) name
        WHERE old_line -> name IS DISTINCT FROM new_line -> name AND name <> ALL (string_to_array(TG_ARGV[1], ','))
    ) difference
    WHERE difference.after IS NOT NULL;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION audit_keep_delete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO audit_rowchange (written_at, login_role, table_name, row_id, act, before)
    SELECT now(), session_user, TG_TABLE_NAME, id::text, 'delete',
        (SELECT jsonb_object_agg(key, audit_shown(key, value, TG_ARGV[0])) FROM jsonb_each(to_jsonb(r)))
    FROM old_rows r;
    RETURN NULL;
END $$;

-- At the end of the transaction: has an event of this very step been written in it?
CREATE OR REPLACE FUNCTION audit_check_traced() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM audit_auditevent e
        WHERE e.transaction = pg_current_xact_id()::text::bigint AND e.subject_id = NEW.id::text AND e.written_at = now()
        AND e.subject_type = TG_ARGV[0] AND e.before = OLD.state AND e.after = NEW.state
    ) THEN
        RAISE EXCEPTION '% %: % -> % leaves no trace', TG_ARGV[0], NEW.id, OLD.state, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

-- Rows as bytes, form 1: a JSON array of every column in this order, moments in UTC.
CREATE OR REPLACE FUNCTION audit_digest_events(begins timestamptz, ends timestamptz) RETURNS TABLE (id bigint, digest bytea)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT e.id, sha256(convert_to(jsonb_build_array(
        e.id, e.at AT TIME ZONE 'UTC', e.written_at AT TIME ZONE 'UTC', e.transaction, e.trace_id, e.result, e.event, e.label,
        e.subject_type, e.subject_id, e.employer_id, e.by_id, e.by_person, e.by_name, e.by_side, e.stands_in_for_id,
        e.stands_in_for_name, e.address, e.device, e.before, e.after, e.reason, e.changes, e.details
    )::text, 'UTF8'))
    FROM audit_auditevent e WHERE e.written_at >= begins AND e.written_at < ends
$$;

CREATE OR REPLACE FUNCTION audit_digest_changes(begins timestamptz, ends timestamptz) RETURNS TABLE (id bigint, digest bytea)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT c.id, sha256(convert_to(jsonb_build_array(
        c.id, c.written_at AT TIME ZONE 'UTC', c.transaction, c.login_role, c.table_name, c.row_id, c.act, c.before, c.after
    )::text, 'UTF8'))
    FROM audit_rowchange c WHERE c.written_at >= begins AND c.written_at < ends
$$;

-- What closing a day would write, from the rows as they are now.
CREATE OR REPLACE FUNCTION audit_seal_day(closing date, previous bytea) RETURNS TABLE (
    event_count int, change_count int, events_hash bytea, changes_hash bytea, events_index bytea, changes_index bytea, hash bytea
) LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH day AS (
        SELECT closing::timestamp AT TIME ZONE 'Asia/Shanghai' AS begins, (closing + 1)::timestamp AT TIME ZONE 'Asia/Shanghai' AS ends
    ), events AS (
        SELECT count(*)::int AS count, sha256(coalesce(string_agg(d.digest, ''::bytea ORDER BY d.id), ''::bytea)) AS hash,
            coalesce(string_agg(int8send(d.id) || substr(d.digest, 1, 8), ''::bytea ORDER BY d.id), ''::bytea) AS index
        FROM day, audit_digest_events(begins, ends) d
    ), changes AS (
        SELECT count(*)::int AS count, sha256(coalesce(string_agg(d.digest, ''::bytea ORDER BY d.id), ''::bytea)) AS hash,
            coalesce(string_agg(int8send(d.id) || substr(d.digest, 1, 8), ''::bytea ORDER BY d.id), ''::bytea) AS index
        FROM day, audit_digest_changes(begins, ends) d
    )
    SELECT e.count, c.count, e.hash, c.hash, e.index, c.index, sha256(
        previous || convert_to(format('1|%s|%s|%s|', to_char(closing, 'YYYY-MM-DD'), e.count, c.count), 'UTF8') || e.hash || c.hash
    ) FROM events e, changes c
$$;

-- Close the oldest day that is over and open; NULL if there is none. The run-time role may call it but not write the row itself.
CREATE OR REPLACE FUNCTION audit_close_next_day() RETURNS date LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE closing date; previous bytea;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('audit_closedday'));
    SELECT day + 1, hash INTO closing, previous FROM audit_closedday ORDER BY day DESC LIMIT 1;
    IF closing IS NULL THEN
        SELECT (least((SELECT min(written_at) FROM audit_auditevent), (SELECT min(written_at) FROM audit_rowchange))
            AT TIME ZONE 'Asia/Shanghai')::date, ''::bytea INTO closing, previous;
    END IF;
    IF closing IS NULL OR closing >= (clock_timestamp() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN NULL;
    END IF;
    INSERT INTO audit_closedday (day, form, previous_hash, event_count, change_count, events_hash, changes_hash,
        events_index, changes_index, hash)
    SELECT closing, 1, previous, s.* FROM audit_seal_day(closing, previous) s;
    RETURN closing;
END $$;
