using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    [DbContext(typeof(LabDbContext))]
    [Migration("20261129070000_Claims")]
    public sealed class Claims : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("""
            -- Leases that ran out are found without reading what is queued: that took a third of an analysis when many were.
            CREATE INDEX "ix_analysis_leased" ON lab.analysis (lease_until) WHERE status = 'running';
            -- As before; written as JSON to be compared, a row took four times as long to seal.
            CREATE OR REPLACE FUNCTION lab.seal_once() RETURNS trigger LANGUAGE plpgsql AS $$
            DECLARE unsealed lab.audit;
            BEGIN
                IF TG_OP = 'UPDATE' AND OLD.seq IS NULL AND NEW.seq IS NOT NULL THEN
                    unsealed := NEW;
                    unsealed.seq := OLD.seq;
                    unsealed.hash := OLD.hash;
                    unsealed.genuine := OLD.genuine;
                    IF unsealed *= OLD THEN RETURN NEW; END IF;
                END IF;
                RAISE EXCEPTION 'rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
            END $$;
            """);
    }
}
