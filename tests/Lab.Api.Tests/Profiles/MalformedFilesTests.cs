using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Profiles;

/// <summary>Files that are broken in one known way each, through the whole service.</summary>
public sealed class MalformedFilesTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(SharedFixtures.Malformed), MemberType = typeof(SharedFixtures))]
    public async Task A_broken_file_is_refused_by_name_and_a_harmless_one_is_not(string file, int status, string code)
    {
        var content = await SharedFixtures.ReadAsync($"malformed/{file}");
        // What is something else than it is said to be can only be seen when it is said.
        var declared = code != "format-mismatch" ? null : file.Contains("as_bracken", StringComparison.Ordinal) ? "bracken" : "kraken2-report";
        var refused = await Record.ExceptionAsync(() => host.Client.UploadProfileAsync("MALFORMED", content, new UploadOptions { Format = declared }, Ct));
        if (status == 201)
        {
            Assert.Null(refused);
            return;
        }
        var problem = Assert.IsType<LabProblemException>(refused);
        Assert.True((int)problem.StatusCode == status, $"{problem.Message} {string.Join("; ", problem.Problem!.Errors.Take(3))}");
        // The contract has one code for a kreport whose rows do not add up to its root.
        Assert.Contains(code == "clade-inconsistent" ? "report-incomplete" : code, problem.Problem!.Errors.Select(e => e.Code).Prepend(problem.Code));
    }
}
