using System.Diagnostics;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>All real files, each by the route that fits it, against what is to be done with each.</summary>
public sealed class ExpectedFilesTests(LabHost host) : IClassFixture<LabHost>
{
    // Nothing in these names a taxon; the contract refuses a table without any taxonomy.
    private static readonly string[] WithoutTaxonomy =
    [
        "biom1_json/min_dense_otu_table.biom", "biom1_json/min_sparse_otu_table.biom", "biom2_hdf5/rich_sparse_otu_table_hdf5_group_metadata.biom", "qiime1_otu_table/HMP_s15.txt",
        "qiime1_taxatable/otutable.txt", "qiime2_feature_table_tsv/feature-table.tsv",
    ];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(SharedFixtures.All), MemberType = typeof(SharedFixtures))]
    public async Task A_real_file_is_taken_or_refused_as_it_should_be(string file, string wave, string expected)
    {
        var content = await SharedFixtures.ReadAsync(file);
        var from = Stopwatch.GetTimestamp();
        var (accepted, status, code) = await OutcomeAsync(file, content);
        Assert.True(Stopwatch.GetElapsedTime(from) < TimeSpan.FromSeconds(20), "It hangs.");
        Assert.InRange(status, 200, 499);
        switch (expected)
        {
            case "accept" when wave == "1" && !WithoutTaxonomy.Contains(file):
                Assert.True(accepted, $"{status} {code}");
                break;
            case "accept" when wave == "1":
                Assert.Equal((422, "taxonomy-missing"), (status, code));
                break;
            // A table of the second wave may hold the lineages that its companion is needed for elsewhere.
            case "refuse" or "companion" when !(wave == "2" && accepted):
                Assert.False(accepted);
                Assert.InRange(status, 400, 422);
                break;
            // The second wave is refused by name, but for what is written in a format that is read.
            case "accept" when !accepted:
                Assert.True(status is 415 or 422, $"{status} {code}");
                break;
            default:
                break;
        }
    }

    private async Task<(bool Accepted, int Status, string Code)> OutcomeAsync(string file, byte[] content)
    {
        var accession = SharedFixtures.Accession(file);
        foreach (var incomplete in new[] { false, true })
        {
            try
            {
                await host.Client.UploadProfileAsync(accession, content, new UploadOptions { AllowIncomplete = incomplete }, Ct);
                return (true, 202, "");
            }
            catch (LabProblemException many) when (many.Code == "multi-sample-table")
            {
                var verdicts = new List<UploadVerdict>();
                await foreach (var verdict in host.Client.UploadProfilesAsync(new ByteArrayContent(content), cancellation: Ct)) verdicts.Add(verdict);
                // Names that can be no accession, and samples in which nothing was found, are rejected one by one.
                Assert.All(verdicts.Where(v => v.Status == "rejected"), v => Assert.Contains(v.Problem!.Code, new[] { "accession-missing", "accession-invalid", "no-data-rows" }));
                return (verdicts.Count > 0, 202, "");
            }
            catch (LabProblemException cut) when (!incomplete && cut.Problem?.Errors.Any(e => e.Code == "report-incomplete") == true)
            {
            }
            catch (LabProblemException refused)
            {
                return (false, (int)refused.StatusCode, refused.Code ?? "");
            }
        }
        return (false, 422, "report-incomplete");
    }
}
