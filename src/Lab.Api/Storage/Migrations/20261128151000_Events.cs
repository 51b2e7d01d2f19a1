using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Events : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<bool>(
                name: "genuine",
                schema: "lab",
                table: "audit",
                type: "boolean",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "hash",
                schema: "lab",
                table: "audit",
                type: "bytea",
                nullable: true);

            migrationBuilder.AddColumn<byte[]>(
                name: "proof",
                schema: "lab",
                table: "audit",
                type: "bytea",
                nullable: false,
                defaultValue: new byte[0]);

            migrationBuilder.AddColumn<Guid>(
                name: "sample_id",
                schema: "lab",
                table: "audit",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "seq",
                schema: "lab",
                table: "audit",
                type: "bigint",
                nullable: true);

            migrationBuilder.CreateTable(
                name: "chain_head",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<bool>(type: "boolean", nullable: false),
                    @sealed = table.Column<long>(name: "sealed", type: "bigint", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    unproven_until = table.Column<long>(type: "bigint", nullable: false),
                    events = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_chain_head", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "event",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    ordinal = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    number = table.Column<long>(type: "bigint", nullable: true),
                    type = table.Column<string>(type: "text", nullable: false),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    sample_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    report_id = table.Column<Guid>(type: "uuid", nullable: true),
                    version = table.Column<int>(type: "integer", nullable: true),
                    repeated = table.Column<bool>(type: "boolean", nullable: false, defaultValue: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_event", x => x.id);
                    table.ForeignKey(
                        name: "FK_event_sample_sample_id",
                        column: x => x.sample_id,
                        principalSchema: "lab",
                        principalTable: "sample",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "webhook",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    url = table.Column<string>(type: "text", nullable: false),
                    events = table.Column<string[]>(type: "text[]", nullable: false),
                    description = table.Column<string>(type: "text", nullable: true),
                    secret_version = table.Column<int>(type: "integer", nullable: false),
                    key_id = table.Column<string>(type: "text", nullable: false),
                    previous_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    disabled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_webhook", x => x.id);
                    table.ForeignKey(
                        name: "FK_webhook_partner_partner_id",
                        column: x => x.partner_id,
                        principalSchema: "lab",
                        principalTable: "partner",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "delivery",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    webhook_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    event_id = table.Column<Guid>(type: "uuid", nullable: true),
                    type = table.Column<string>(type: "text", nullable: false),
                    body = table.Column<string>(type: "text", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    tries = table.Column<int>(type: "integer", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_token = table.Column<Guid>(type: "uuid", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    attempts = table.Column<string>(type: "jsonb", nullable: false, defaultValueSql: "'[]'")
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_delivery", x => x.id);
                    table.ForeignKey(
                        name: "FK_delivery_webhook_webhook_id",
                        column: x => x.webhook_id,
                        principalSchema: "lab",
                        principalTable: "webhook",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_audit_actor_at_id",
                schema: "lab",
                table: "audit",
                columns: new[] { "actor", "at", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_at_id",
                schema: "lab",
                table: "audit",
                columns: new[] { "at", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_proof",
                schema: "lab",
                table: "audit",
                column: "proof",
                unique: true,
                filter: "proof <> ''");

            migrationBuilder.CreateIndex(
                name: "IX_audit_sample_id",
                schema: "lab",
                table: "audit",
                column: "sample_id",
                filter: "sample_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_audit_seq",
                schema: "lab",
                table: "audit",
                column: "seq",
                unique: true,
                filter: "seq IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "ix_audit_unsealed",
                schema: "lab",
                table: "audit",
                column: "id",
                filter: "seq IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_delivery_event_id_webhook_id",
                schema: "lab",
                table: "delivery",
                columns: new[] { "event_id", "webhook_id" },
                unique: true,
                filter: "event_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_delivery_partner_id_id",
                schema: "lab",
                table: "delivery",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_delivery_webhook_id_id",
                schema: "lab",
                table: "delivery",
                columns: new[] { "webhook_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_delivery_due",
                schema: "lab",
                table: "delivery",
                columns: new[] { "webhook_id", "due_at" },
                filter: "status = 'pending'");

            migrationBuilder.CreateIndex(
                name: "IX_event_number",
                schema: "lab",
                table: "event",
                column: "number",
                unique: true,
                filter: "number IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_event_partner_id_number",
                schema: "lab",
                table: "event",
                columns: new[] { "partner_id", "number" });

            migrationBuilder.CreateIndex(
                name: "IX_event_sample_id",
                schema: "lab",
                table: "event",
                column: "sample_id");

            migrationBuilder.CreateIndex(
                name: "ix_event_unnumbered",
                schema: "lab",
                table: "event",
                column: "ordinal",
                filter: "number IS NULL");

            migrationBuilder.CreateIndex(
                name: "IX_webhook_partner_id_id",
                schema: "lab",
                table: "webhook",
                columns: new[] { "partner_id", "id" });

            // The rights of the roles, the chain's beginning, and what happens to the events of a sample that gets another partner.
            using var rules = new System.IO.StreamReader(typeof(Events).Assembly.GetManifestResourceStream("Events.sql"));
            migrationBuilder.Sql(rules.ReadToEnd());
        }
    }
}
