using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    [DbContext(typeof(LabDbContext))]
    [Migration("20261128160000_Retention")]
    public sealed class Retention : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
            GRANT SELECT, DELETE ON lab.idempotency TO lab_worker;
            GRANT DELETE ON lab.delivery TO lab_worker;
            -- Rows come in the order of their time: this index is a few pages, and costs an insert nothing.
            CREATE INDEX "IX_idempotency_created_at" ON lab.idempotency USING brin (created_at);

            CREATE FUNCTION lab.erase_samples(samples uuid[]) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
            DECLARE accessions text[];
            BEGIN
                SELECT array_agg(s.accession) INTO accessions FROM lab.sample s WHERE s.id = ANY(samples);
                -- A publication that is under way ends before, or finds its analysis cancelled.
                PERFORM pg_advisory_xact_lock(hashtextextended(s::text, 0)) FROM (SELECT s FROM unnest(samples) s ORDER BY s) ordered;
                PERFORM set_config('lab.erasing', 'yes', true);
                UPDATE lab.analysis SET status = CASE WHEN status IN ('queued', 'running') THEN 'cancelled' ELSE status END, finished_at = COALESCE(finished_at, clock_timestamp()),
                    lease_token = NULL, lease_until = NULL, error = NULL WHERE sample_id = ANY(samples);
                UPDATE lab.profile SET packed = '', source = '', warnings = '[]', total_reads = NULL, unclassified_fraction = NULL, taxa = 0 WHERE sample_id = ANY(samples);
                UPDATE lab.report SET document = '', findings = '{}', inputs = '{}' WHERE sample_id = ANY(samples);
                UPDATE lab.sample SET subject = NULL, bristol_scale = NULL, context = NULL, rejection_note = NULL, erased_at = clock_timestamp(), revision = revision + 1 WHERE id = ANY(samples);
                -- Kept answers hold what they answered.
                DELETE FROM lab.idempotency i USING unnest(accessions) a WHERE position(convert_to('"accession":"' || a || '"', 'UTF8') IN i.body) > 0;
                PERFORM set_config('lab.erasing', '', true);
            END $$;
            REVOKE EXECUTE ON FUNCTION lab.erase_samples(uuid[]) FROM PUBLIC;

            CREATE OR REPLACE FUNCTION lab.erase_subject(erased text) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
            DECLARE samples uuid[];
            BEGIN
                SELECT array_agg(s.id) INTO samples FROM (SELECT id FROM lab.sample WHERE subject = erased ORDER BY id FOR NO KEY UPDATE) s;
                PERFORM lab.erase_samples(samples);
                RETURN QUERY SELECT unnest(samples);
            END $$;

            -- For the worker, who sees no partner's row by a partner's right.
            CREATE FUNCTION lab.erase_older_than(age interval, most integer) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
            DECLARE samples uuid[];
            BEGIN
                PERFORM set_config('app.partner', '*', true);
                SELECT array_agg(s.id) INTO samples FROM (
                    SELECT id FROM lab.sample WHERE erased_at IS NULL AND registered_at < clock_timestamp() - age ORDER BY registered_at LIMIT most FOR NO KEY UPDATE SKIP LOCKED) s;
                PERFORM lab.erase_samples(samples);
                PERFORM set_config('app.partner', '', true);
                RETURN QUERY SELECT unnest(samples);
            END $$;
            REVOKE EXECUTE ON FUNCTION lab.erase_older_than(interval, integer) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION lab.erase_older_than(interval, integer) TO lab_worker;
            """);
    }
}
