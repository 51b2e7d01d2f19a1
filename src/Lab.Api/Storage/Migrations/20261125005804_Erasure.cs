using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Erasure : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "erased_at",
                schema: "lab",
                table: "sample",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.Sql("""
                CREATE OR REPLACE FUNCTION lab.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
                DECLARE erasable CONSTANT text[] := ARRAY['document', 'findings', 'inputs', 'packed', 'source', 'warnings', 'total_reads', 'unclassified_fraction', 'taxa'];
                BEGIN
                    IF TG_OP = 'UPDATE' AND TG_TABLE_NAME IN ('report', 'profile') THEN
                        -- A sample without a partner gets one, and its rows with it.
                        IF current_setting('lab.giving', true) = 'yes' AND to_jsonb(NEW) - 'partner_id' = to_jsonb(OLD) - 'partner_id' THEN RETURN NEW; END IF;
                        -- A person is erased: contents go, what they were stays.
                        IF current_setting('lab.erasing', true) = 'yes' AND to_jsonb(NEW) - erasable = to_jsonb(OLD) - erasable
                            AND COALESCE(to_jsonb(NEW) ->> 'document', to_jsonb(NEW) ->> 'source') = '\x' THEN RETURN NEW; END IF;
                    END IF;
                    RAISE EXCEPTION 'rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
                END $$;

                CREATE FUNCTION lab.erase_subject(erased text) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
                DECLARE samples uuid[]; accessions text[];
                BEGIN
                    SELECT array_agg(s.id), array_agg(s.accession) INTO samples, accessions FROM (SELECT id, accession FROM lab.sample WHERE subject = erased ORDER BY id FOR NO KEY UPDATE) s;
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
                    RETURN QUERY SELECT unnest(samples);
                END $$;
                REVOKE EXECUTE ON FUNCTION lab.erase_subject(text) FROM PUBLIC;
                GRANT EXECUTE ON FUNCTION lab.erase_subject(text) TO lab_app;
                """);
        }
    }
}
