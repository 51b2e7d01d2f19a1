using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Xunit;

namespace Lab.Api.Tests.Contract;

/// <summary>The schema of a report is written by hand; this is what keeps it true.</summary>
public sealed class ReportSchemaTests
{
    [Theory]
    [InlineData("kraken2-klebsiella.kreport")]
    [InlineData("metaphlan2-scfa-depleted.txt")]
    [InlineData("amplicon-16s-healthy.json")]
    public async Task The_report_of_a_sample_has_exactly_the_shape_of_the_contract(string sample)
    {
        var schemas = JsonNode.Parse(await Administration.DescribeAsync())!["components"]!["schemas"]!;
        Assert.Empty(SchemaCheck.Of(JsonNode.Parse(Report(sample)), schemas["Report"]!, schemas));
    }

    [Fact]
    public async Task Recommendations_and_notices_for_a_person_have_the_shape_of_the_contract()
    {
        var schemas = JsonNode.Parse(await Administration.DescribeAsync())!["components"]!["schemas"]!;
        var (guided, warned) = (JsonNode.Parse(Report("metaphlan2-scfa-depleted.txt", "gut-core-guided@1"))!,
            JsonNode.Parse(Report("metaphlan2-scfa-depleted.txt", "gut-core-guided@1", new() { RedFlags = ["fit-positive"] }))!);
        foreach (var report in new[] { guided, warned }) Assert.Empty(SchemaCheck.Of(report, schemas["Report"]!, schemas));
        Assert.NotEmpty(guided["recommendations"]!.AsArray());
        Assert.Equal("seek-care-urgent", warned["notices"]![0]!["code"]!.ToString());
    }

    [Theory]
    [InlineData("/v1/reports/{id}/findings/{code}/explanation")]
    [InlineData("/v1/reports/{id}/diff")]
    [InlineData("/v1/context-codes")]
    public async Task The_examples_beside_a_report_have_the_shape_of_the_contract(string path)
    {
        var document = JsonNode.Parse(await Administration.DescribeAsync())!;
        var answer = document["paths"]![path]!["get"]!["responses"]!["200"]!["content"]!["application/json"]!;
        Assert.Empty(SchemaCheck.Of(answer["example"], answer["schema"]!, document["components"]!["schemas"]!));
    }

    [Fact]
    public async Task The_examples_of_a_report_have_the_shape_of_the_contract()
    {
        var document = JsonNode.Parse(await Administration.DescribeAsync())!;
        var schemas = document["components"]!["schemas"]!;
        foreach (var (path, method) in new[] { ("/v1/reports/{id}", "get"), ("/v1/samples/{accession}/report", "get"), ("/v1/reports/preview", "post") })
        {
            Assert.Empty(SchemaCheck.Of(document["paths"]![path]![method]!["responses"]!["200"]!["content"]!["application/json"]!["example"], schemas["Report"]!, schemas));
        }
    }

    private static byte[] Report(string sample, string? panel = null, SampleContext? context = null)
    {
        var reading = UploadedContent.Of(Demo.File(sample), null).Read(null, false);
        var assay = reading.Profile!.DeclaredAssay is { } declared ? Assay.Find(declared)! : Assay.Shipped.First(a => a.Formats.Contains(reading.Profile.Format));
        var content = ReportBuilder.Build(new ReportInput
        {
            Profile = reading.Profile,
            Assay = assay,
            Panel = panel is null ? Panel.Default : Panel.Find(panel)!,
            Cohort = CohortMatching.Best(assay, ReferenceCohort.Shipped, null),
            Context = context,
        });
        var issued = new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);
        return ReportDocument.Write(new ReportEnvelope { Id = Guid.Empty, Version = 1, Status = "final", IssuedAt = issued, Accession = "S-1" }, content);
    }
}
