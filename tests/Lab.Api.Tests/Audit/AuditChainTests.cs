using Lab.Api.Hosting;
using Lab.Api.Storage;
using Lab.Client;
using Microsoft.Extensions.Configuration;
using Npgsql;
using Xunit;

namespace Lab.Api.Tests.Audit;

/// <summary>The audit trail is one chain, in the order of commits.</summary>
public sealed class AuditChainTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_fifty_writers_at_once_every_row_is_in_the_chain_and_it_is_intact()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async writer =>
        {
            for (var i = 0; i < 10; i++) await host.Client.PutSampleAsync($"WRITER-{writer}", new() { BristolScale = 1 + i % 7 }, Ct);
        }));
        var verified = await SealedAsync();
        Assert.Empty(verified.Problems);
        Assert.True(verified.Intact);
        Assert.True(verified.Sealed > 500);
        Assert.Equal(verified.Sealed, await host.ScalarAsync<long>("SELECT max(seq) FROM lab.audit WHERE seq <= $1", verified.Sealed));
        Assert.Equal(verified.Head, await host.ScalarAsync<string>("SELECT encode(hash, 'hex') FROM lab.audit WHERE seq = $1", verified.Sealed));
    }

    [Fact]
    public async Task A_row_that_commits_late_gets_a_later_place_and_nothing_waits_for_it()
    {
        await using var database = Open();
        await using var late = new LabSession(database, Caller.Service("late"));
        await Lab.Api.Audit.AuditTrail.RecordAsync(late, "test.late", "test:late", null, Ct);
        await host.Client.PutSampleAsync("EARLY", new(), Ct);
        await ReadAuditTests.EventuallyAsync(async () => await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit a JOIN lab.sample s ON s.id = a.sample_id WHERE s.accession = 'EARLY' AND seq IS NOT NULL") == 1);
        await late.CommitAsync(Ct);
        await SealedAsync();
        Assert.True(await host.ScalarAsync<bool>("""
            SELECT l.id < e.id AND l.seq > e.seq AND l.genuine FROM lab.audit l, lab.audit e JOIN lab.sample s ON s.id = e.sample_id WHERE l.action = 'test.late' AND s.accession = 'EARLY'
            """));
        Assert.True((await host.Client.VerifyAuditAsync(cancellation: Ct)).Intact);
    }

    [Fact]
    public async Task An_erasure_leaves_the_chain_intact_and_no_name_in_it()
    {
        await host.Client.PutSampleAsync("ERASED-1", new() { Subject = "PERSON-TO-ERASE" }, Ct);
        var upload = await host.Client.UploadProfileAsync("ERASED-1", SampleFiles.Kreport(1), cancellation: Ct);
        await host.Client.WaitForReportAsync(upload.AnalysisId, Ct);
        await ReadAuditTests.EventuallyAsync(async () => (await Concerning()).Count >= 4);
        await host.Client.EraseSubjectAsync("PERSON-TO-ERASE", Ct);
        Assert.Empty(await Concerning());
        Assert.True((await SealedAsync()).Intact);
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit a WHERE a::text LIKE '%PERSON-TO-ERASE%'"));

        async Task<IReadOnlyList<AuditItem>> Concerning() => (await host.Client.ListAuditAsync(new() { Subject = "PERSON-TO-ERASE" }, cancellation: Ct)).Items;
    }

    [Fact]
    public async Task The_chain_is_what_decision_11_says_byte_for_byte()
    {
        await host.Client.PutSampleAsync("RECOMPUTED", new(), Ct);
        await SealedAsync();
        await using var connection = await host.OpenDatabaseAsync();
        // The same in SQL, from the text of the decision.
        await using var recompute = new NpgsqlCommand("""
            SELECT count(*), bool_and(hash = sha256(COALESCE(before, decode(repeat('00', 32), 'hex')) || int8send(seq) || int8send(id) || int8send((extract(epoch FROM at) * 1000000)::bigint)
                || field(convert_to(actor, 'UTF8')) || field(convert_to(partner_id, 'UTF8')) || field(convert_to(sample_id::text, 'UTF8')) || field(convert_to(action, 'UTF8'))
                || field(convert_to(object, 'UTF8')) || field(convert_to(details::text, 'UTF8')) || field(proof) || field(CASE WHEN genuine THEN '\x01'::bytea ELSE '\x00' END)))
            FROM (SELECT *, lag(hash) OVER (ORDER BY seq) AS before FROM lab.audit WHERE seq IS NOT NULL) chain
            """.Replace("field(", "pg_temp.field(", StringComparison.Ordinal), connection);
        await using (var field = new NpgsqlCommand("""
            CREATE FUNCTION pg_temp.field(value bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT CASE WHEN value IS NULL THEN int4send(-1) ELSE int4send(length(value)) || value END $$
            """, connection)) await field.ExecuteNonQueryAsync(Ct);
        await using var reader = await recompute.ExecuteReaderAsync(Ct);
        await reader.ReadAsync(Ct);
        Assert.True(reader.GetInt64(0) > 0);
        Assert.True(reader.GetBoolean(1));
    }

    [Fact]
    public async Task The_trail_is_the_labs_and_can_be_asked_for_the_rows_of_a_partner()
    {
        var partner = await host.ClientForAsync("auditor", "samples:write");
        foreach (var read in new Func<Task>[] { () => partner.VerifyAuditAsync(cancellation: Ct), () => partner.ListAuditAsync(cancellation: Ct) })
        {
            Assert.Equal("scope-missing", (await Assert.ThrowsAsync<LabProblemException>(read)).Code);
        }
        await partner.PutSampleAsync("AUDITORS", new(), Ct);
        await host.Client.PutSampleAsync("NOT-AUDITORS", new(), Ct);
        var seen = await host.Client.ListAuditAsync(new() { Partner = "auditor" }, cancellation: Ct);
        Assert.Equal("AUDITORS", Assert.Single(seen.Items, i => i.Action == "sample.registered").Accession);
    }

    [Fact]
    public async Task The_trail_is_read_page_by_page_the_newest_first()
    {
        var writer = await host.ClientForAsync("pages", "samples:write");
        for (var i = 0; i < 5; i++) await writer.PutSampleAsync("PAGES", new() { BristolScale = 1 + i }, Ct);
        var (all, cursor) = (new List<AuditItem>(), null as string);
        do
        {
            var page = await host.Client.ListAuditAsync(new() { Object = $"sample:{await host.ScalarAsync<Guid>("SELECT id FROM lab.sample WHERE accession = 'PAGES'")}" }, 2, cursor, Ct);
            all.AddRange(page.Items);
            cursor = page.Next;
        }
        while (cursor is not null);
        Assert.Equal(5, all.Count);
        Assert.Equal(all.OrderByDescending(i => i.At).Select(i => i.Id), all.Select(i => i.Id));
        Assert.Empty((await host.Client.ListAuditAsync(new() { Partner = "pages", To = all[^1].At.AddSeconds(-1) }, cancellation: Ct)).Items);
        Assert.Equal(5, (await host.Client.ListAuditAsync(new() { Partner = "pages", From = all[^1].At, To = all[0].At }, cancellation: Ct)).Items.Count);
    }

    /// <summary>When all that is written now has its place.</summary>
    private async Task<AuditVerification> SealedAsync()
    {
        var last = await host.ScalarAsync<long>("SELECT max(id) FROM lab.audit");
        await ReadAuditTests.EventuallyAsync(async () => await host.ScalarAsync<long>("SELECT count(*) FROM lab.audit WHERE seq IS NULL AND id <= $1", last) == 0);
        return await host.Client.VerifyAuditAsync(cancellation: Ct);
    }

    private LabDatabase Open() => HostProcess.Open(host.Database);
}
