using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    [DbContext(typeof(LabDbContext))]
    [Migration("20261129060000_Lists")]
    public sealed class Lists : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
            -- The same rows as before. Of an OR the planner took it that one row in two hundred passes, and read the lab's lists whole, to sort them; of a CASE it takes it that half do, and follows an index.
            DO $$
            DECLARE name text;
            BEGIN
                FOR name IN SELECT tablename FROM pg_policies WHERE schemaname = 'lab' AND policyname = 'partner' LOOP
                    EXECUTE format($p$ALTER POLICY partner ON lab.%I USING (
                        CASE current_setting('app.partner', true) WHEN '*' THEN true ELSE partner_id = nullif(current_setting('app.partner', true), '') END)$p$, name);
                END LOOP;
            END $$;
            -- As before, with plans that a session keeps: as SQL it was parsed and planned anew for every row of the trail, which took a sixth of what an upload costs.
            CREATE OR REPLACE FUNCTION lab.sample_of(object text) RETURNS uuid LANGUAGE plpgsql STABLE AS $$
            DECLARE kind CONSTANT text := split_part(object, ':', 1);
            BEGIN
                IF kind = 'sample' THEN RETURN split_part(object, ':', 2)::uuid;
                ELSIF kind = 'profile' THEN RETURN (SELECT sample_id FROM lab.profile WHERE id = split_part(object, ':', 2)::uuid);
                ELSIF kind = 'analysis' THEN RETURN (SELECT sample_id FROM lab.analysis WHERE id = split_part(object, ':', 2)::uuid);
                ELSIF kind = 'report' THEN RETURN (SELECT sample_id FROM lab.report WHERE id = split_part(object, ':', 2)::uuid);
                END IF;
                RETURN NULL;
            END $$;
            CREATE INDEX "IX_report_status_sample_id_assay" ON lab.report (status, sample_id, assay);
            CREATE INDEX "IX_report_partner_id_sample_id_assay" ON lab.report (partner_id, sample_id, assay);
            CREATE INDEX "IX_report_issued_at" ON lab.report (issued_at);
            -- Of a finding that few have, the few: a condition on an array has no index of its own beneath row-level security, for its operator may leak.
            DO $$
            DECLARE finding text;
            BEGIN
                FOREACH finding IN ARRAY ARRAY['low-diversity', 'pro-inflammatory-overgrowth', 'escherichia-coli-high', 'klebsiella-high', 'clostridia-pathobionts-high', 'scfa-producers-depleted',
                    'bifidobacterium-low', 'candida-high', 'firmicutes-bacteroidetes-outside'] LOOP
                    EXECUTE format('CREATE INDEX %I ON lab.report (sample_id, assay) WHERE %L = ANY (findings)', 'ix_report_' || finding, finding);
                END LOOP;
            END $$;
            CREATE INDEX "IX_sample_collected_at" ON lab.sample (collected_at);
            CREATE INDEX "ix_sample_rejected" ON lab.sample (id) WHERE rejected_at IS NOT NULL;
            CREATE INDEX "ix_sample_erased" ON lab.sample (id) WHERE erased_at IS NOT NULL;
            """);
    }
}
