using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Samples;

public sealed class ListSamplesTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sample_is_listed_as_it_is_read()
    {
        var registered = new DateTimeOffset(2026, 3, 1, 7, 30, 0, TimeSpan.Zero);
        await host.Client.PutSampleAsync("READ", new SampleRegistration { Subject = "READ", CollectedAt = registered, ReceivedAt = registered.AddDays(2) }, Ct);
        var upload = await host.Client.UploadProfileAsync("READ", SampleFiles.Kreport(1), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        var read = await host.Client.GetSampleAsync("READ", Ct);
        var page = await host.Client.ListSamplesAsync(new SampleFilter { Subject = "READ" }, cancellation: Ct);
        Assert.Equal(new SampleSummary(read.Accession, read.Subject, read.Partner, read.CollectedAt, read.ReceivedAt, read.Status, read.RegisteredAt, read.Report), Assert.Single(page.Items));
        Assert.Null(page.Next);
    }

    [Fact]
    public async Task Each_status_lists_its_own()
    {
        string[] accessions = ["STATUS-REGISTERED", "STATUS-ANALYSING", "STATUS-REPORTED", "STATUS-REJECTED", "STATUS-REJECTED-LATER"];
        foreach (var (accession, index) in accessions.Select((a, i) => (a, i)))
        {
            await host.Client.PutSampleAsync(accession, new SampleRegistration { Subject = "STATUS" }, Ct);
            if (index is 0 or 3) continue;
            var upload = await host.Client.UploadProfileAsync(accession, SampleFiles.Kreport(10 + index), cancellation: Ct);
            await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        }
        // As if another node computed the next one, and as if the lab had rejected two.
        await host.ScalarAsync<int>("""
            UPDATE lab.analysis SET status = 'running', lease_token = gen_random_uuid(), lease_until = now() + interval '1 hour' WHERE sample_id = (SELECT id FROM lab.sample WHERE accession = 'STATUS-ANALYSING')
            """);
        await host.ScalarAsync<int>("UPDATE lab.sample SET rejected_at = now() WHERE accession LIKE 'STATUS-REJECTED%'");
        (string? Status, string[] Accessions)[] expected =
        [
            ("registered", ["STATUS-REGISTERED"]), ("analysing", ["STATUS-ANALYSING"]), ("reported", ["STATUS-REPORTED"]), ("rejected", ["STATUS-REJECTED-LATER", "STATUS-REJECTED"]), ("erased", []),
            (null, [.. accessions.Reverse()]),
        ];
        foreach (var (status, mine) in expected)
        {
            var items = (await host.Client.ListSamplesAsync(new SampleFilter { Subject = "STATUS", Status = status }, cancellation: Ct)).Items;
            Assert.Equal(mine, items.Select(s => s.Accession));
            if (status is not null) Assert.All(items, s => Assert.Equal(status, s.Status));
        }
    }

    [Theory]
    [InlineData("collectedFrom=2026-03-02T00:00:00Z", "C D")]
    [InlineData("collectedFrom=2026-03-01T23:59:59.999Z", "B C D")]
    [InlineData("collectedFrom=2026-03-02", "C D")]
    [InlineData("collectedFrom=2026-03-02T01:00:00%2B01:00", "C D")]
    [InlineData("collectedTo=2026-03-01", "A B")]
    [InlineData("collectedTo=2026-03-01T23:59:59.999Z", "A B")]
    [InlineData("collectedTo=2026-03-01T23:59:59.998Z", "A")]
    [InlineData("collectedTo=2026-03-02T00:00:00Z", "A B C")]
    [InlineData("collectedFrom=2026-03-01&collectedTo=2026-03-02", "A B C")]
    [InlineData("collectedFrom=2026-03-04", "")]
    [InlineData("collectedFrom=0001-01-01&collectedTo=9999-12-31", "A B C D")]
    public async Task Times_of_collection_are_included_at_both_ends(string query, string expected)
    {
        string[] times = ["2026-03-01T12:00:00Z", "2026-03-01T23:59:59.9996Z", "2026-03-02T00:00:00Z", "2026-03-03T08:00:00Z"];
        foreach (var (name, time) in "ABCD".Zip(times))
        {
            await host.Client.PutSampleAsync($"TIME-{name}", new SampleRegistration { Subject = "TIMES", CollectedAt = DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture) }, Ct);
        }
        await host.Client.PutSampleAsync("TIME-NONE", new SampleRegistration { Subject = "TIMES" }, Ct);
        using var http = host.Http();
        using var document = System.Text.Json.JsonDocument.Parse(await http.GetByteArrayAsync($"v1/samples?subject=TIMES&{query}", Ct));
        var found = document.RootElement.GetProperty("items").EnumerateArray().Select(s => s.GetProperty("accession").GetString()![5..]).Order();
        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public async Task The_client_sends_each_filter()
    {
        var at = new DateTimeOffset(2026, 4, 1, 9, 30, 0, TimeSpan.FromHours(2));
        await host.Client.PutSampleAsync("CLIENT-1", new SampleRegistration { Subject = "CLIENT", CollectedAt = at }, Ct);
        await host.Client.PutSampleAsync("CLIENT-2", new SampleRegistration { Subject = "CLIENT", CollectedAt = at.AddTicks(10_000) }, Ct);
        foreach (var (filter, accession) in new[] { (new SampleFilter { Subject = "CLIENT", CollectedTo = at }, "CLIENT-1"), (new SampleFilter { Subject = "CLIENT", CollectedFrom = at.AddTicks(10_000) }, "CLIENT-2") })
        {
            Assert.Equal(accession, Assert.Single((await host.Client.ListSamplesAsync(filter, cancellation: Ct)).Items).Accession);
        }
        var first = await host.Client.ListSamplesAsync(new SampleFilter { Subject = "CLIENT" }, 1, cancellation: Ct);
        var second = await host.Client.ListSamplesAsync(new SampleFilter { Subject = "CLIENT" }, 1, first.Next, Ct);
        Assert.Equal(["CLIENT-2", "CLIENT-1"], [.. first.Items.Select(s => s.Accession), .. second.Items.Select(s => s.Accession)]);
        Assert.Null(second.Next);
    }

    [Fact]
    public async Task A_partner_lists_its_own_and_of_reports_what_was_released()
    {
        var partner = await host.ClientForAsync("lister", "samples:write", "profiles:write");
        await host.Client.PutSampleAsync("NOT-LISTED", new SampleRegistration { Subject = "SHARED" }, Ct);
        await partner.PutSampleAsync("LISTED", new SampleRegistration { Subject = "SHARED" }, Ct);
        var upload = await partner.UploadProfileAsync("LISTED",
            " 50.00\t2\t2\tU\t0\tunclassified\n 50.00\t2\t0\tR\t1\troot\n 50.00\t2\t0\tD\t2\t  Bacteria\n 50.00\t2\t2\tS\t562\t    Escherichia coli\n"u8.ToArray(), cancellation: Ct);
        await partner.GetAnalysisAsync(upload.AnalysisId, TimeSpan.FromSeconds(20), Ct);
        foreach (var status in new[] { null, "registered" })
        {
            var listed = Assert.Single((await partner.ListSamplesAsync(new SampleFilter { Status = status }, cancellation: Ct)).Items);
            Assert.Equal(("LISTED", "registered", null), (listed.Accession, listed.Status, listed.Report));
        }
        Assert.Empty((await partner.ListSamplesAsync(new SampleFilter { Status = "reported" }, cancellation: Ct)).Items);
        var lab = (await host.Client.ListSamplesAsync(new SampleFilter { Subject = "SHARED", Status = "reported" }, cancellation: Ct)).Items;
        Assert.Equal("preliminary", Assert.Single(lab).Report!.Status);
    }

    [Theory]
    [InlineData("limit=0", 400)]
    [InlineData("limit=201", 400)]
    [InlineData("limit=many", 400)]
    [InlineData("cursor=none", 400)]
    [InlineData("cursor=%00", 400)]
    [InlineData("status=none", 422)]
    [InlineData("status=", 422)]
    [InlineData("subject=Jan%20Jansen", 422)]
    [InlineData("subject=%00", 422)]
    [InlineData("collectedFrom=yesterday", 422)]
    [InlineData("collectedFrom=2026-03-01T00:00:00", 422)]
    [InlineData("collectedFrom=2026-03-01T00:00:00+01:00", 422)]
    [InlineData("collectedFrom=01/03/2026", 422)]
    [InlineData("collectedTo=2026-02-30", 422)]
    [InlineData("collectedTo=0001-01-01T00:00:00%2B14:00", 422)]
    public async Task What_cannot_be_asked_for_is_named(string query, int status)
    {
        using var http = host.Http();
        var problem = await Problems.AssertAsync(await http.GetAsync($"v1/samples?{query}", Ct), status, status == 400 ? "bad-request" : "value-invalid");
        if (status == 422) Assert.StartsWith(query.Split('=')[0] + ": ", Assert.Single(problem.GetProperty("errors").EnumerateArray()).GetProperty("message").GetString(), StringComparison.Ordinal);
    }
}
