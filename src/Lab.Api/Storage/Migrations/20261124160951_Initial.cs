using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "lab");

            migrationBuilder.CreateTable(
                name: "audit",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "clock_timestamp()"),
                    actor = table.Column<string>(type: "text", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    action = table.Column<string>(type: "text", nullable: false),
                    @object = table.Column<string>(name: "object", type: "text", nullable: false),
                    details = table.Column<string>(type: "jsonb", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_audit", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "idempotency",
                schema: "lab",
                columns: table => new
                {
                    client = table.Column<string>(type: "text", nullable: false),
                    key = table.Column<string>(type: "text", nullable: false),
                    fingerprint = table.Column<byte[]>(type: "bytea", nullable: false),
                    status = table.Column<int>(type: "integer", nullable: true),
                    location = table.Column<string>(type: "text", nullable: true),
                    body = table.Column<byte[]>(type: "bytea", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_idempotency", x => new { x.client, x.key });
                });

            migrationBuilder.CreateTable(
                name: "partner",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_partner", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "api_key",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    prefix = table.Column<string>(type: "text", nullable: false),
                    secret_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    scopes = table.Column<string[]>(type: "text[]", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_api_key", x => x.id);
                    table.ForeignKey(
                        name: "FK_api_key_partner_partner_id",
                        column: x => x.partner_id,
                        principalSchema: "lab",
                        principalTable: "partner",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "sample",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    accession = table.Column<string>(type: "text", nullable: false, collation: "C"),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    subject = table.Column<string>(type: "text", nullable: true),
                    collected_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    bristol_scale = table.Column<short>(type: "smallint", nullable: true),
                    context = table.Column<string>(type: "jsonb", nullable: true),
                    registered_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sample", x => x.id);
                    table.ForeignKey(
                        name: "FK_sample_partner_partner_id",
                        column: x => x.partner_id,
                        principalSchema: "lab",
                        principalTable: "partner",
                        principalColumn: "id");
                });

            migrationBuilder.CreateTable(
                name: "profile",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    sample_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    assay = table.Column<string>(type: "text", nullable: false),
                    format = table.Column<string>(type: "text", nullable: false),
                    unit = table.Column<string>(type: "text", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    normalised_sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    total_reads = table.Column<long>(type: "bigint", nullable: true),
                    unclassified_fraction = table.Column<double>(type: "double precision", nullable: true),
                    taxa = table.Column<int>(type: "integer", nullable: false),
                    warnings = table.Column<string>(type: "jsonb", nullable: false),
                    packed = table.Column<byte[]>(type: "bytea", nullable: false),
                    source = table.Column<byte[]>(type: "bytea", nullable: false),
                    received_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_profile", x => x.id);
                    table.ForeignKey(
                        name: "FK_profile_sample_sample_id",
                        column: x => x.sample_id,
                        principalSchema: "lab",
                        principalTable: "sample",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "report",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    sample_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    profile_id = table.Column<Guid>(type: "uuid", nullable: false),
                    analysis_id = table.Column<Guid>(type: "uuid", nullable: false),
                    assay = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    status = table.Column<string>(type: "text", nullable: false),
                    issued_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    panel = table.Column<string>(type: "text", nullable: false),
                    cohort = table.Column<string>(type: "text", nullable: true),
                    quality = table.Column<string>(type: "text", nullable: false),
                    digest = table.Column<string>(type: "text", nullable: false),
                    etag = table.Column<string>(type: "text", nullable: false),
                    document = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_report", x => x.id);
                    table.ForeignKey(
                        name: "FK_report_sample_sample_id",
                        column: x => x.sample_id,
                        principalSchema: "lab",
                        principalTable: "sample",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateTable(
                name: "analysis",
                schema: "lab",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    profile_id = table.Column<Guid>(type: "uuid", nullable: false),
                    sample_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    panel = table.Column<string>(type: "text", nullable: false),
                    cohort = table.Column<string>(type: "text", nullable: true),
                    status = table.Column<string>(type: "text", nullable: false),
                    attempts = table.Column<int>(type: "integer", nullable: false),
                    crashes = table.Column<int>(type: "integer", nullable: false),
                    lease_token = table.Column<Guid>(type: "uuid", nullable: true),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    leased_alone = table.Column<bool>(type: "boolean", nullable: false),
                    queued_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    started_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    finished_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    report_id = table.Column<Guid>(type: "uuid", nullable: true),
                    error = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_analysis", x => x.id);
                    table.ForeignKey(
                        name: "FK_analysis_profile_profile_id",
                        column: x => x.profile_id,
                        principalSchema: "lab",
                        principalTable: "profile",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                    table.ForeignKey(
                        name: "FK_analysis_sample_sample_id",
                        column: x => x.sample_id,
                        principalSchema: "lab",
                        principalTable: "sample",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Cascade);
                });

            migrationBuilder.CreateIndex(
                name: "IX_analysis_partner_id_id",
                schema: "lab",
                table: "analysis",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_analysis_profile_id",
                schema: "lab",
                table: "analysis",
                column: "profile_id");

            migrationBuilder.CreateIndex(
                name: "IX_analysis_sample_id",
                schema: "lab",
                table: "analysis",
                column: "sample_id");

            migrationBuilder.CreateIndex(
                name: "ix_analysis_open",
                schema: "lab",
                table: "analysis",
                column: "queued_at",
                filter: "status IN ('queued', 'running')");

            migrationBuilder.CreateIndex(
                name: "IX_api_key_partner_id",
                schema: "lab",
                table: "api_key",
                column: "partner_id");

            migrationBuilder.CreateIndex(
                name: "IX_api_key_secret_hash",
                schema: "lab",
                table: "api_key",
                column: "secret_hash",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_audit_object_id",
                schema: "lab",
                table: "audit",
                columns: new[] { "object", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_audit_partner_id_id",
                schema: "lab",
                table: "audit",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_profile_partner_id_id",
                schema: "lab",
                table: "profile",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_profile_sample_id_assay_sha256",
                schema: "lab",
                table: "profile",
                columns: new[] { "sample_id", "assay", "sha256" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_profile_sha256",
                schema: "lab",
                table: "profile",
                column: "sha256");

            migrationBuilder.CreateIndex(
                name: "IX_report_analysis_id",
                schema: "lab",
                table: "report",
                column: "analysis_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_report_partner_id_id",
                schema: "lab",
                table: "report",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "IX_report_sample_id_assay_version",
                schema: "lab",
                table: "report",
                columns: new[] { "sample_id", "assay", "version" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_sample_accession",
                schema: "lab",
                table: "sample",
                column: "accession",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_sample_partner_id_id",
                schema: "lab",
                table: "sample",
                columns: new[] { "partner_id", "id" });

            // Roles' rights, row-level security, and what is written once.
            using var policies = new System.IO.StreamReader(typeof(Initial).Assembly.GetManifestResourceStream("Policies.sql"));
            migrationBuilder.Sql(policies.ReadToEnd());
        }
    }
}
