using System.Text;
using Lab.Microbiome.Cohorts;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Tests.Reports;

/// <summary>Small made-up samples whose findings can be worked out by hand.</summary>
internal static class Samples
{
    public static readonly ReferenceCohort Western = ReferenceCohort.Find("western-shotgun@1")!;

    /// <summary>A quarter Klebsiella, few butyrate producers, no bifidobacteria and no lactobacilli, one Candida.</summary>
    public const string Disturbed = """
        { "unit": "percent", "taxa": [ { "taxid": 820, "value": 66.5 }, { "taxid": 573, "value": 25 }, { "taxid": 562, "value": 5 }, { "taxid": 40520, "value": 2.49999 },
          { "taxid": 853, "value": 0.5 }, { "taxid": 5476, "value": 0.5 }, { "taxid": 166486, "value": 0.00001 } ] }
        """;

    public static ReportContent Build(string json = Disturbed, SampleContext? context = null, string panel = "gut-core@1", string assay = "shotgun-metaphlan2") =>
        ReportBuilder.Build(new ReportInput
        {
            Profile = ProfileReader.Read(Encoding.UTF8.GetBytes(json), new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits()).Profile!,
            Assay = Assay.Find(assay)!,
            Panel = Panel.Find(panel)!,
            Cohort = Western,
            Context = context,
        });

    public static byte[] Document(ReportContent content, int version = 1, string status = "final") => ReportDocument.Write(new ReportEnvelope
    {
        Id = new Guid(version, 0, 0, new byte[8]),
        Version = version,
        Status = status,
        IssuedAt = new DateTimeOffset(2026, 11, 24, 12, version, 0, TimeSpan.Zero),
        Because = version == 1 ? null : new ReportReason("re-interpreted", null, null),
        Accession = "S-1",
    }, content);
}
