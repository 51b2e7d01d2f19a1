GRANT SELECT, INSERT ON lab.event TO lab_app, lab_worker;
GRANT UPDATE (number) ON lab.event TO lab_worker;
GRANT SELECT, INSERT, UPDATE, DELETE ON lab.webhook TO lab_app;
GRANT SELECT, UPDATE (disabled_at) ON lab.webhook TO lab_worker;
GRANT SELECT, INSERT, UPDATE ON lab.delivery TO lab_app, lab_worker;
GRANT SELECT, UPDATE ON lab.chain_head TO lab_worker;
GRANT UPDATE (seq, hash, genuine) ON lab.audit TO lab_worker;
GRANT SELECT ON lab.audit TO lab_worker;
GRANT SELECT ON lab.event, lab.webhook, lab.delivery, lab.chain_head TO lab_backup;

DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['event', 'webhook', 'delivery'] LOOP
        EXECUTE format('ALTER TABLE lab.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE lab.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format($p$CREATE POLICY partner ON lab.%I USING (
            current_setting('app.partner', true) = '*' OR partner_id = nullif(current_setting('app.partner', true), ''))$p$, name);
        EXECUTE format('CREATE POLICY worker ON lab.%I TO lab_worker USING (true)', name);
    END LOOP;
END $$;

-- Which sample an audit row concerns, by what it is about.
CREATE FUNCTION lab.sample_of(object text) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT CASE split_part(object, ':', 1)
        WHEN 'sample' THEN split_part(object, ':', 2)::uuid
        WHEN 'profile' THEN (SELECT sample_id FROM lab.profile WHERE id = split_part(object, ':', 2)::uuid)
        WHEN 'analysis' THEN (SELECT sample_id FROM lab.analysis WHERE id = split_part(object, ':', 2)::uuid)
        WHEN 'report' THEN (SELECT sample_id FROM lab.report WHERE id = split_part(object, ':', 2)::uuid)
    END
$$;

-- The sealer gives a row its place, once; nothing else of it ever changes.
CREATE FUNCTION lab.seal_once() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE seal CONSTANT text[] := ARRAY['seq', 'hash', 'genuine'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND NEW.seq IS NOT NULL AND to_jsonb(NEW) - seal = to_jsonb(OLD) - seal THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Rows from before: what they concern is looked up, and they have no proof. Whoever writes one now has to bring it.
ALTER TABLE lab.audit ALTER COLUMN proof DROP DEFAULT;
DROP TRIGGER written_once ON lab.audit;
SELECT set_config('app.partner', '*', true);
UPDATE lab.audit SET sample_id = lab.sample_of(object) WHERE object LIKE 'sample:%' OR object LIKE 'profile:%' OR object LIKE 'analysis:%' OR object LIKE 'report:%';
ALTER TABLE lab.chain_head ADD CONSTRAINT one_row CHECK (id);
INSERT INTO lab.chain_head (id, sealed, hash, unproven_until, events) SELECT true, 0, decode(repeat('00', 32), 'hex'), COALESCE(max(id), 0), 0 FROM lab.audit;
SELECT set_config('app.partner', '', true);
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON lab.audit FOR EACH ROW EXECUTE FUNCTION lab.seal_once();

-- From this commit on the partner sees the sample, its released reports, and its events: those again, under numbers that lie ahead of what the partner has read.
-- Who had the sample before sees none of it any more, and what was still to be sent to him about it is not sent.
CREATE OR REPLACE FUNCTION lab.give_sample_to_partner(given uuid, receiver text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
BEGIN
    -- A publication of this sample that is under way ends before, or sees the partner after.
    PERFORM pg_advisory_xact_lock(hashtextextended(given::text, 0));
    PERFORM set_config('lab.giving', 'yes', true);
    UPDATE lab.sample SET partner_id = receiver WHERE id = given;
    UPDATE lab.profile SET partner_id = receiver WHERE sample_id = given;
    UPDATE lab.analysis SET partner_id = receiver WHERE sample_id = given;
    UPDATE lab.report SET partner_id = receiver WHERE sample_id = given;
    PERFORM set_config('lab.giving', '', true);
    -- In the sealer's order.
    PERFORM FROM lab.event WHERE sample_id = given ORDER BY ordinal FOR UPDATE;
    UPDATE lab.delivery d SET status = 'cancelled', due_at = NULL, finished_at = clock_timestamp() FROM lab.event e
        WHERE e.sample_id = given AND d.event_id = e.id AND d.status = 'pending' AND d.partner_id IS NOT NULL;
    DELETE FROM lab.event WHERE sample_id = given AND repeated;
    UPDATE lab.event SET partner_id = NULL WHERE sample_id = given;
    INSERT INTO lab.event (id, type, at, sample_id, partner_id, report_id, version, repeated)
        SELECT gen_random_uuid(), type, at, sample_id, receiver, report_id, version, true FROM lab.event WHERE sample_id = given ORDER BY ordinal;
END $$;
