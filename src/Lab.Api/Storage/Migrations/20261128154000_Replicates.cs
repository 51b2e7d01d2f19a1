using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Lab.Api.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Replicates : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<Guid>(
                name: "replicate_of",
                schema: "lab",
                table: "sample",
                type: "uuid",
                nullable: true);

            migrationBuilder.CreateIndex(
                name: "IX_sample_replicate_of",
                schema: "lab",
                table: "sample",
                column: "replicate_of",
                filter: "replicate_of IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_sample_subject_collected_at",
                schema: "lab",
                table: "sample",
                columns: new[] { "subject", "collected_at" },
                filter: "subject IS NOT NULL AND collected_at IS NOT NULL");

            migrationBuilder.AddForeignKey(
                name: "FK_sample_sample_replicate_of",
                schema: "lab",
                table: "sample",
                column: "replicate_of",
                principalSchema: "lab",
                principalTable: "sample",
                principalColumn: "id");
        }
    }
}
