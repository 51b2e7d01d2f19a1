using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Access : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Keys from before this version were hashed without a pepper: they do not work any more. A partner's had scopes that no partner may have.
            migrationBuilder.Sql("""
                SELECT set_config('app.partner', '*', true);
                UPDATE lab.api_key SET revoked_at = COALESCE(revoked_at, now()), scopes = CASE WHEN partner_id IS NULL THEN scopes
                    ELSE ARRAY(SELECT s FROM unnest(scopes) s WHERE s NOT IN ('reports:sign', 'panels:admin', 'clients:admin', 'audit:read')) END;
                SELECT set_config('app.partner', '', true);
                """);

            migrationBuilder.DropIndex(
                name: "IX_api_key_secret_hash",
                schema: "lab",
                table: "api_key");

            migrationBuilder.DropColumn(
                name: "prefix",
                schema: "lab",
                table: "api_key");

            migrationBuilder.AddColumn<int>(
                name: "revision",
                schema: "lab",
                table: "partner",
                type: "integer",
                nullable: false,
                defaultValue: 1);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "last_used_at",
                schema: "lab",
                table: "api_key",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "replaces",
                schema: "lab",
                table: "api_key",
                type: "text",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_api_key_replaces",
                schema: "lab",
                table: "api_key",
                column: "replaces",
                unique: true);

            migrationBuilder.AddCheckConstraint(
                name: "ck_api_key_lab_only",
                schema: "lab",
                table: "api_key",
                sql: "partner_id IS NULL OR NOT scopes && ARRAY['reports:sign','panels:admin','clients:admin','audit:read']");

            migrationBuilder.AddForeignKey(
                name: "FK_api_key_api_key_replaces",
                schema: "lab",
                table: "api_key",
                column: "replaces",
                principalSchema: "lab",
                principalTable: "api_key",
                principalColumn: "id");
        }
    }
}
