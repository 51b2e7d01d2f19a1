using System.Diagnostics;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>Files that are broken in one known way each, through the whole service.</summary>
public sealed class MalformedFilesTests(LabHost host) : IClassFixture<LabHost>
{
    /// <summary>Where the answer differs from the one proposed with the file, and why.</summary>
    private static readonly Dictionary<string, (int Status, string Code)> Decided = new()
    {
        // The contract has one code for a kreport whose rows do not add up to its root.
        ["sum_direct_not_root.kreport"] = (422, "report-incomplete"),
        // The contract's code for a table without taxonomy.
        ["otu_without_taxonomy.tsv"] = (422, "taxonomy-missing"),
        // Byte for byte a sound file.
        ["biom2_zeroed_middle.biom"] = (201, "-"),
        // Two samples: the route for one sample says so, the route for many takes them.
        ["cami_two_samples.profile"] = (422, "multi-sample-table"),
        // Read as no format: refused by what it is.
        ["parent_cycle_ubiome.json"] = (422, "format-not-supported"),
        ["shared_numotus_wrong.shared"] = (422, "format-not-supported"),
        ["cons_taxonomy_without_shared.taxonomy"] = (422, "format-not-supported"),
        ["adt_a01_to_oru.hl7"] = (422, "format-not-supported"),
        ["oru_lf_only.hl7"] = (422, "format-not-supported"),
        ["oru_odd_delimiters.hl7"] = (422, "format-not-supported"),
        ["fhir_wrong_status.json"] = (422, "format-not-supported"),
        ["fhir_percent_over_100.json"] = (422, "format-not-supported"),
        ["fhir_unresolved_reference.json"] = (422, "format-not-supported"),
        ["astm_no_terminator.txt"] = (422, "format-not-supported"),
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(SharedFixtures.Malformed), MemberType = typeof(SharedFixtures))]
    public async Task A_broken_file_is_refused_by_name_and_a_harmless_one_is_not(string file, string? declared, int status, string code)
    {
        var content = await SharedFixtures.ReadAsync($"malformed/{file}");
        if (Decided.TryGetValue(file, out var decided)) (status, code) = decided;
        var from = Stopwatch.GetTimestamp();
        var refused = await Record.ExceptionAsync(() => host.Client.UploadProfileAsync(SharedFixtures.Accession(file), content, new UploadOptions { Format = declared }, Ct));
        // Some of them declare or expand to hundreds of megabytes; a busy machine has time for the rest.
        Assert.True(Stopwatch.GetElapsedTime(from) < TimeSpan.FromSeconds(20), "It hangs.");
        if (status == 201)
        {
            Assert.Null(refused is LabProblemException many && many.Code == "multi-sample-table" ? null : refused);
            return;
        }
        var problem = Assert.IsType<LabProblemException>(refused);
        Assert.True((int)problem.StatusCode == status, $"{problem.Message} {string.Join("; ", problem.Problem!.Errors.Take(3))}");
        Assert.Contains(code, problem.Problem!.Errors.Select(e => e.Code).Prepend(problem.Code));
    }
}
