using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Tasks : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "task",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    client = table.Column<string>(type: "text", nullable: false),
                    request = table.Column<string>(type: "jsonb", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    done = table.Column<long>(type: "bigint", nullable: false),
                    total = table.Column<long>(type: "bigint", nullable: true),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    result = table.Column<string>(type: "jsonb", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true),
                    lease_token = table.Column<Guid>(type: "uuid", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    emptied_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_task", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "task_part",
                schema: "lab",
                columns: table => new
                {
                    task_id = table.Column<Guid>(type: "uuid", nullable: false),
                    n = table.Column<int>(type: "integer", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    samples = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    bytes = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_task_part", x => new { x.task_id, x.n });
                    table.ForeignKey(
                        name: "FK_task_part_task_task_id",
                        column: x => x.task_id,
                        principalSchema: "lab",
                        principalTable: "task",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_task_partner_id_kind_id",
                schema: "lab",
                table: "task",
                columns: new[] { "partner_id", "kind", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_task_kept",
                schema: "lab",
                table: "task",
                column: "expires_at",
                filter: "emptied_at IS NULL");

            migrationBuilder.CreateIndex(
                name: "ix_task_open",
                schema: "lab",
                table: "task",
                column: "created_at",
                filter: "status IN ('queued', 'running')");

            migrationBuilder.CreateIndex(
                name: "IX_task_part_partner_id_task_id",
                schema: "lab",
                table: "task_part",
                columns: new[] { "partner_id", "task_id" });

            migrationBuilder.CreateIndex(
                name: "IX_task_part_samples",
                schema: "lab",
                table: "task_part",
                column: "samples")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.Sql("""
                GRANT SELECT, INSERT, UPDATE, DELETE ON lab.task TO lab_app;
                GRANT SELECT, DELETE ON lab.task_part TO lab_app;
                GRANT SELECT, UPDATE ON lab.task TO lab_worker;
                GRANT SELECT, INSERT, DELETE ON lab.task_part TO lab_worker;
                GRANT SELECT ON lab.task, lab.task_part TO lab_backup;
                DO $$
                DECLARE name text;
                BEGIN
                    FOREACH name IN ARRAY ARRAY['task', 'task_part'] LOOP
                        EXECUTE format('ALTER TABLE lab.%I ENABLE ROW LEVEL SECURITY', name);
                        EXECUTE format('ALTER TABLE lab.%I FORCE ROW LEVEL SECURITY', name);
                        EXECUTE format($p$CREATE POLICY partner ON lab.%I USING (
                            current_setting('app.partner', true) = '*' OR partner_id = nullif(current_setting('app.partner', true), ''))$p$, name);
                        EXECUTE format('CREATE POLICY worker ON lab.%I TO lab_worker USING (true)', name);
                    END LOOP;
                END $$;
                ALTER TABLE lab.task SET (fillfactor = 70);
                -- Parts are compressed already.
                ALTER TABLE lab.task_part ALTER COLUMN bytes SET STORAGE EXTERNAL;

                -- What holds a sample that is erased, or is another partner's now, is emptied; what is being made begins anew without it. A trigger: whoever erases.
                CREATE FUNCTION lab.forget_in_tasks() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
                DECLARE seen CONSTANT text := current_setting('app.partner', true);
                BEGIN
                    -- Also the lab's tasks, when a partner erases.
                    PERFORM set_config('app.partner', '*', true);
                    -- A part that is being written is found, or not kept.
                    PERFORM pg_advisory_xact_lock(hashtextextended('lab.task', 0));
                    WITH holding AS (
                        SELECT DISTINCT p.task_id FROM lab.task_part p WHERE p.samples @> ARRAY[NEW.id] AND (NEW.erased_at IS NOT NULL OR p.partner_id IS NOT NULL)),
                    told AS (
                        UPDATE lab.task t SET status = CASE t.status WHEN 'running' THEN 'queued' ELSE t.status END, attempts = t.attempts - (t.status = 'running')::int,
                            error = CASE t.status WHEN 'running' THEN t.error ELSE 'erased' END, emptied_at = CASE t.status WHEN 'running' THEN NULL ELSE clock_timestamp() END,
                            lease_token = NULL, lease_until = NULL
                        FROM holding WHERE t.id = holding.task_id)
                    DELETE FROM lab.task_part p USING holding WHERE p.task_id = holding.task_id;
                    IF NEW.erased_at IS NOT NULL AND OLD.subject IS NOT NULL THEN
                        -- What was asked about the person names it, and so do kept answers.
                        UPDATE lab.task t SET request = jsonb_set(t.request, '{filter,subject}', 'null'), error = 'erased', emptied_at = clock_timestamp(), lease_token = NULL, lease_until = NULL,
                            status = CASE WHEN t.status IN ('queued', 'running') THEN 'failed' ELSE t.status END, finished_at = COALESCE(t.finished_at, clock_timestamp())
                        WHERE t.request #>> '{filter,subject}' = OLD.subject AND (t.partner_id IS NULL OR t.partner_id = NEW.partner_id);
                        DELETE FROM lab.idempotency i WHERE position(convert_to('"subject":"' || OLD.subject || '"', 'UTF8') IN i.body) > 0;
                    END IF;
                    PERFORM set_config('app.partner', seen, true);
                    RETURN NULL;
                END $$;
                REVOKE EXECUTE ON FUNCTION lab.forget_in_tasks() FROM PUBLIC;
                CREATE TRIGGER forgotten AFTER UPDATE OF erased_at, partner_id ON lab.sample FOR EACH ROW
                    WHEN ((NEW.erased_at IS NOT NULL AND OLD.erased_at IS NULL) OR (OLD.partner_id IS NOT NULL AND NEW.partner_id IS DISTINCT FROM OLD.partner_id))
                    EXECUTE FUNCTION lab.forget_in_tasks();
                """);
        }
    }
}
