-- Roles work in schema lab; nobody else does.
GRANT USAGE ON SCHEMA lab TO lab_app, lab_worker, lab_backup;
GRANT SELECT ON ALL TABLES IN SCHEMA lab TO lab_backup;
GRANT SELECT, INSERT, UPDATE ON lab.partner, lab.api_key, lab.sample, lab.idempotency TO lab_app;
GRANT DELETE ON lab.idempotency TO lab_app;
GRANT SELECT, INSERT ON lab.profile, lab.report, lab.audit TO lab_app;
GRANT SELECT, INSERT, UPDATE ON lab.analysis TO lab_app;
GRANT SELECT ON lab.sample, lab.profile TO lab_worker;
GRANT SELECT, UPDATE ON lab.analysis TO lab_worker;
GRANT SELECT, INSERT ON lab.report, lab.audit TO lab_worker;

-- A partner sees its own rows, the lab ('*') all, a connection that names nobody none. The worker computes for everybody.
DO $$
DECLARE name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['api_key', 'sample', 'profile', 'analysis', 'report', 'audit'] LOOP
        EXECUTE format('ALTER TABLE lab.%I ENABLE ROW LEVEL SECURITY', name);
        EXECUTE format('ALTER TABLE lab.%I FORCE ROW LEVEL SECURITY', name);
        EXECUTE format($p$CREATE POLICY partner ON lab.%I USING (
            current_setting('app.partner', true) = '*' OR partner_id = nullif(current_setting('app.partner', true), ''))$p$, name);
        EXECUTE format('CREATE POLICY worker ON lab.%I TO lab_worker USING (true)', name);
    END LOOP;
END $$;

-- What was reported or recorded is never changed. The one exception: a sample without a partner gets one, and its rows with it.
CREATE FUNCTION lab.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('report', 'profile') AND current_setting('lab.giving', true) = 'yes'
        AND to_jsonb(NEW) - 'partner_id' = to_jsonb(OLD) - 'partner_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON lab.report FOR EACH ROW EXECUTE FUNCTION lab.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON lab.profile FOR EACH ROW EXECUTE FUNCTION lab.refuse_change();
CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON lab.audit FOR EACH ROW EXECUTE FUNCTION lab.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON lab.report FOR EACH STATEMENT EXECUTE FUNCTION lab.refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON lab.audit FOR EACH STATEMENT EXECUTE FUNCTION lab.refuse_change();

CREATE FUNCTION lab.give_sample_to_partner(given uuid, receiver text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
BEGIN
    -- A publication of this sample that is under way ends before, or sees the partner after.
    PERFORM pg_advisory_xact_lock(hashtextextended(given::text, 0));
    PERFORM set_config('lab.giving', 'yes', true);
    UPDATE lab.sample SET partner_id = receiver WHERE id = given;
    UPDATE lab.profile SET partner_id = receiver WHERE sample_id = given;
    UPDATE lab.analysis SET partner_id = receiver WHERE sample_id = given;
    UPDATE lab.report SET partner_id = receiver WHERE sample_id = given;
    PERFORM set_config('lab.giving', '', true);
END $$;
REVOKE EXECUTE ON FUNCTION lab.give_sample_to_partner(uuid, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION lab.give_sample_to_partner(uuid, text) TO lab_app;

-- Queue rows are updated in place several times and then rest.
ALTER TABLE lab.analysis SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01);
-- Documents and sources are compressed already.
ALTER TABLE lab.report ALTER COLUMN document SET STORAGE EXTERNAL;
ALTER TABLE lab.profile ALTER COLUMN source SET STORAGE EXTERNAL;
