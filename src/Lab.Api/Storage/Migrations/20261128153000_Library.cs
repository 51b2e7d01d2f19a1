using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Library : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<short>(
                name: "age_years",
                schema: "lab",
                table: "sample",
                type: "smallint",
                nullable: true);

            migrationBuilder.AddColumn<bool>(
                name: "consent",
                schema: "lab",
                table: "sample",
                type: "boolean",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "sex",
                schema: "lab",
                table: "sample",
                type: "text",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "cohort_version",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    summary = table.Column<string>(type: "jsonb", nullable: false),
                    request = table.Column<string>(type: "jsonb", nullable: true),
                    n = table.Column<int>(type: "integer", nullable: false),
                    digest = table.Column<string>(type: "text", nullable: true),
                    content = table.Column<byte[]>(type: "bytea", nullable: true),
                    task_id = table.Column<Guid>(type: "uuid", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_cohort_version", x => new { x.id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "panel_version",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    digest = table.Column<string>(type: "text", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    rates = table.Column<string>(type: "jsonb", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false),
                    published_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_panel_version", x => new { x.id, x.version });
                });

            migrationBuilder.CreateTable(
                name: "cohort_member",
                schema: "lab",
                columns: table => new
                {
                    cohort_id = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    profile_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sample_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_cohort_member", x => new { x.cohort_id, x.version, x.profile_id });
                    table.ForeignKey(
                        name: "FK_cohort_member_cohort_version_cohort_id_version",
                        columns: x => new { x.cohort_id, x.version },
                        principalSchema: "lab",
                        principalTable: "cohort_version",
                        principalColumns: new[] { "id", "version" },
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "ix_sample_consent",
                schema: "lab",
                table: "sample",
                columns: new[] { "subject", "collected_at" },
                filter: "consent");

            migrationBuilder.CreateIndex(
                name: "IX_cohort_member_sample_id",
                schema: "lab",
                table: "cohort_member",
                column: "sample_id");

            migrationBuilder.Sql("""
                GRANT SELECT, INSERT, UPDATE ON lab.cohort_version, lab.panel_version TO lab_app;
                -- UPDATE to lock the rows; none is changed.
                GRANT SELECT, INSERT, UPDATE, DELETE ON lab.cohort_member TO lab_app;
                GRANT SELECT ON lab.cohort_version, lab.panel_version TO lab_worker;
                GRANT SELECT ON lab.cohort_version, lab.cohort_member, lab.panel_version TO lab_backup;
                ALTER TABLE lab.cohort_version ALTER COLUMN content SET STORAGE EXTERNAL;
                ALTER TABLE lab.panel_version ALTER COLUMN content SET STORAGE EXTERNAL;

                -- What reports were made with stays as it was.
                CREATE FUNCTION lab.refuse_change_of_published() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'TRUNCATE' THEN RAISE EXCEPTION '% is never emptied', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END IF;
                    IF OLD.status = 'published' THEN
                        RAISE EXCEPTION '%@% of % is published and frozen', OLD.id, OLD.version, TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
                    END IF;
                    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
                END $$;
                CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON lab.cohort_version FOR EACH ROW EXECUTE FUNCTION lab.refuse_change_of_published();
                CREATE TRIGGER frozen BEFORE UPDATE OR DELETE ON lab.panel_version FOR EACH ROW EXECUTE FUNCTION lab.refuse_change_of_published();
                CREATE TRIGGER never_emptied BEFORE TRUNCATE ON lab.cohort_version FOR EACH STATEMENT EXECUTE FUNCTION lab.refuse_change_of_published();
                CREATE TRIGGER never_emptied BEFORE TRUNCATE ON lab.panel_version FOR EACH STATEMENT EXECUTE FUNCTION lab.refuse_change_of_published();

                -- Who is erased is in no cohort's list any more; who is rejected, does not agree or is somebody else stands in none that is still being built.
                CREATE FUNCTION lab.forget_person() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    NEW.consent := NULL; NEW.sex := NULL; NEW.age_years := NULL;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER person_forgotten BEFORE UPDATE ON lab.sample FOR EACH ROW WHEN (NEW.erased_at IS NOT NULL) EXECUTE FUNCTION lab.forget_person();
                CREATE FUNCTION lab.leave_cohorts() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = lab, pg_temp AS $$
                BEGIN
                    DELETE FROM lab.cohort_member m WHERE m.sample_id = NEW.id AND (NEW.erased_at IS NOT NULL OR EXISTS (
                        SELECT FROM lab.cohort_version v WHERE v.id = m.cohort_id AND v.version = m.version AND v.status = 'building'));
                    RETURN NULL;
                END $$;
                CREATE TRIGGER person_left_cohorts AFTER UPDATE ON lab.sample FOR EACH ROW
                    WHEN (NEW.erased_at IS NOT NULL OR (OLD.consent AND (NEW.rejected_at IS NOT NULL OR NEW.consent IS NOT TRUE OR NEW.subject IS DISTINCT FROM OLD.subject))) EXECUTE FUNCTION lab.leave_cohorts();
                REVOKE EXECUTE ON FUNCTION lab.leave_cohorts() FROM PUBLIC;
                """);
        }
    }
}
