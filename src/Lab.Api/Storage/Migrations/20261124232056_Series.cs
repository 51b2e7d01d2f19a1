using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Series : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "rejected_at",
                schema: "lab",
                table: "sample",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "rejection",
                schema: "lab",
                table: "sample",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "rejection_note",
                schema: "lab",
                table: "sample",
                type: "text",
                nullable: true);

            migrationBuilder.AlterColumn<Guid>(
                name: "analysis_id",
                schema: "lab",
                table: "report",
                type: "uuid",
                nullable: true,
                oldClrType: typeof(Guid),
                oldType: "uuid");

            migrationBuilder.AddColumn<string>(
                name: "because",
                schema: "lab",
                table: "report",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string[]>(
                name: "findings",
                schema: "lab",
                table: "report",
                type: "text[]",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.AddColumn<string>(
                name: "inputs",
                schema: "lab",
                table: "report",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'{}'");

            migrationBuilder.AddColumn<string>(
                name: "reason",
                schema: "lab",
                table: "report",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "replaces",
                schema: "lab",
                table: "report",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "signed_by",
                schema: "lab",
                table: "report",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "cause",
                schema: "lab",
                table: "analysis",
                type: "text",
                nullable: false,
                defaultValue: "upload");

            migrationBuilder.CreateTable(
                name: "assay",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    definition = table.Column<string>(type: "jsonb", nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false),
                    changed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_assay", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_sample_subject_id",
                schema: "lab",
                table: "sample",
                columns: new[] { "subject", "id" },
                filter: "subject IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_analysis_stopped",
                schema: "lab",
                table: "analysis",
                column: "id",
                filter: "status IN ('failed', 'cancelled')");

            migrationBuilder.Sql("GRANT SELECT, INSERT, UPDATE ON lab.assay TO lab_app; GRANT SELECT ON lab.assay TO lab_worker, lab_backup");
        }
    }
}
