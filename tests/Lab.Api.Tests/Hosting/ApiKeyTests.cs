using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Lab.Api.Partners;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Keys: made, shown once, replaced, ended; and the partners that they are for.</summary>
public sealed class ApiKeyTests(LabHost host, TestDatabase databases) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_key_is_shown_once_and_does_what_it_was_made_for()
    {
        await host.Client.PutPartnerAsync("clinic", "The clinic", Ct);
        var issued = await host.Client.CreateApiKeyAsync(new() { Name = "LIMS", Scopes = ["samples:write", "reports:read"], Partner = "clinic", ExpiresAt = Times.Soon }, cancellation: Ct);
        Assert.Matches("^lab_[0-9A-Za-z]{12}_[0-9A-Za-z]{32}_[0-9A-Za-z]{6}$", issued.Key);
        Assert.Equal(("LIMS", "clinic", issued.Key.Split('_')[1]), (issued.Name, issued.Partner, issued.Id));
        var client = Client(issued.Key);
        Assert.Equal("clinic", (await client.PutSampleAsync("OF-CLINIC", new SampleRegistration(), Ct)).Partner);
        Assert.Equal("scope-missing", (await Assert.ThrowsAsync<LabProblemException>(() => client.ListApiKeysAsync(cancellation: Ct))).Code);
        var details = await host.Client.GetApiKeyAsync(issued.Id, Ct);
        Assert.Equal(("active", Times.Soon, null as string), (details.Status, details.ExpiresAt!.Value, details.Replaces));
        Assert.Contains(issued.Id, (await host.Client.ListApiKeysAsync(partner: "clinic", cancellation: Ct)).Items.Select(k => k.Id));
        Assert.DoesNotContain(issued.Id, (await host.Client.ListApiKeysAsync(status: "revoked", cancellation: Ct)).Items.Select(k => k.Id));
    }

    [Fact]
    public async Task The_database_holds_nothing_that_opens_or_that_tells_a_key()
    {
        var issued = await host.Client.CreateApiKeyAsync(new() { Name = "Kept", Scopes = ["samples:read"] }, "kept-secret-answer", Ct);
        var secret = issued.Key.Split('_')[2];
        foreach (var table in new[] { "api_key", "idempotency", "audit" })
        {
            Assert.Equal(0, await host.ScalarAsync<long>($"SELECT count(*) FROM lab.{table} t WHERE position($1 IN t::text) > 0 OR position($2 IN t::text) > 0", secret, Convert.ToHexStringLower(Encoding.ASCII.GetBytes(secret))));
        }
        // Nor the Idempotency-Key that would open the kept answer.
        Assert.Equal(0, await host.ScalarAsync<long>("SELECT count(*) FROM lab.idempotency WHERE key = 'kept-secret-answer'"));
        // A row that somebody made of the key without the pepper verifies nothing.
        var forged = KeyText.Generate();
        await host.ScalarAsync<int>("INSERT INTO lab.api_key (id, name, secret_hash, scopes, created_at) VALUES ($1, 'forged', $2, '{clients:admin}', now())", forged.Id,
            System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(forged.Text)));
        using var http = host.Http(forged.Text);
        await Problems.AssertAsync(await http.GetAsync("v1/about", Ct), 401, "unauthenticated");
    }

    [Fact]
    public async Task The_same_request_with_its_idempotency_key_gets_the_same_key_and_another_request_none()
    {
        using var http = host.Http();
        http.DefaultRequestHeaders.Add("Idempotency-Key", "one-key-only");
        var bodies = new List<string>();
        for (var i = 0; i < 2; i++)
        {
            using var answer = await http.PostAsJsonAsync("v1/api-keys", new { name = "Once", scopes = new[] { "samples:read" } }, Ct);
            Assert.Equal((HttpStatusCode.Created, i == 1, "no-store"), (answer.StatusCode, answer.Headers.Contains("Idempotency-Replayed"), answer.Headers.CacheControl?.ToString()));
            bodies.Add(await answer.Content.ReadAsStringAsync(Ct));
        }
        Assert.Equal(bodies[0], bodies[1]);
        Assert.Equal(1, await host.ScalarAsync<long>("SELECT count(*) FROM lab.api_key WHERE name = 'Once'"));
        await Problems.AssertAsync(await http.PostAsJsonAsync("v1/api-keys", new { name = "Twice", scopes = new[] { "samples:read" } }, Ct), 422, "idempotency-mismatch");
    }

    [Fact]
    public async Task Of_a_line_of_rotations_two_keys_work_and_each_is_replaced_once()
    {
        var first = await host.Client.CreateApiKeyAsync(new() { Name = "Line", Scopes = ["samples:read"] }, cancellation: Ct);
        var second = await host.Client.RotateApiKeyAsync(first.Id, cancellation: Ct);
        Assert.Equal((first.Id, "Line", "samples:read"), (second.Replaces, second.Name, Assert.Single(second.Scopes)));
        await OpensAsync(first.Key, second.Key);
        var until = (await host.Client.GetApiKeyAsync(first.Id, Ct)).ExpiresAt!.Value;
        Assert.InRange(until, TimeProvider.System.GetUtcNow().AddHours(23.9), TimeProvider.System.GetUtcNow().AddHours(24.1));
        Assert.Equal("key-state", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.RotateApiKeyAsync(first.Id, cancellation: Ct))).Code);
        var third = await host.Client.RotateApiKeyAsync(second.Id, overlapHours: 1, cancellation: Ct);
        await OpensAsync(second.Key, third.Key);
        await IsRefusedAsync(first.Key);
        Assert.Contains((await host.Client.ListAuditAsync(new() { Object = $"key:{first.Id}" }, cancellation: Ct)).Items, row => row.Action == "key.revoked");
        var fourth = await host.Client.RotateApiKeyAsync(third.Id, overlapHours: 0, cancellation: Ct);
        await OpensAsync(fourth.Key);
        await IsRefusedAsync(third.Key);
        Assert.Equal("key-state", (await Assert.ThrowsAsync<LabProblemException>(() => host.Client.RotateApiKeyAsync(first.Id, cancellation: Ct))).Code);
    }

    [Fact]
    public async Task A_key_rotated_sixteen_times_at_once_is_replaced_once()
    {
        var key = await host.Client.CreateApiKeyAsync(new() { Name = "Raced", Scopes = ["samples:read"] }, cancellation: Ct);
        var tries = await Task.WhenAll(Enumerable.Range(0, 16).Select(async _ => await Record.ExceptionAsync(() => host.Client.RotateApiKeyAsync(key.Id, cancellation: Ct)) as LabProblemException));
        Assert.Equal(15, tries.Count(t => t?.Code == "key-state"));
        Assert.Equal(2, await host.ScalarAsync<long>("SELECT count(*) FROM lab.api_key WHERE name = 'Raced'"));
    }

    [Fact]
    public async Task A_rotated_key_lives_as_long_as_the_old_one_was_given()
    {
        var key = await host.Client.CreateApiKeyAsync(new() { Name = "Lived", Scopes = ["samples:read"], ExpiresAt = TimeProvider.System.GetUtcNow().AddHours(2) }, cancellation: Ct);
        var next = await host.Client.RotateApiKeyAsync(key.Id, cancellation: Ct);
        Assert.InRange((next.ExpiresAt!.Value - next.CreatedAt).TotalHours, 1.99, 2.01);
        // An overlap does not make the old one live longer.
        Assert.Equal(key.ExpiresAt, (await host.Client.GetApiKeyAsync(key.Id, Ct)).ExpiresAt);
        // As long again as up to the last day is past it.
        var endless = await host.Client.CreateApiKeyAsync(new() { Name = "Endless", Scopes = ["samples:read"], ExpiresAt = new(9999, 12, 31, 23, 59, 59, 999, TimeSpan.Zero) }, cancellation: Ct);
        Assert.Equal(endless.ExpiresAt, (await host.Client.RotateApiKeyAsync(endless.Id, cancellation: Ct)).ExpiresAt);
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once_and_a_second_later_at_every_node_and_stays_revoked()
    {
        var issued = await host.Client.CreateApiKeyAsync(new() { Name = "Ended", Scopes = ["samples:read"] }, cancellation: Ct);
        await using var other = await HostProcess.StartAsync(host.Database, host.Key, "api");
        using var there = new HttpClient { BaseAddress = other.BaseAddress };
        there.DefaultRequestHeaders.Add("X-Api-Key", issued.Key);
        Assert.Equal(HttpStatusCode.OK, (await there.GetAsync("v1/about", Ct)).StatusCode);
        await OpensAsync(issued.Key);
        var revoked = await host.Client.RevokeApiKeyAsync(issued.Id, Ct);
        Assert.Equal("revoked", revoked.Status);
        await IsRefusedAsync(issued.Key);
        await Task.Delay(TimeSpan.FromSeconds(1), Ct);
        await Problems.AssertAsync(await there.GetAsync("v1/about", Ct), 401, "unauthenticated");
        Assert.Equal(revoked.RevokedAt, (await host.Client.RevokeApiKeyAsync(issued.Id, Ct)).RevokedAt);
        Assert.Equal(["key.created", "key.revoked"], await ActionsAsync($"key:{issued.Id}"));
    }

    [Fact]
    public async Task When_a_key_was_last_used_is_known_to_the_minute_and_written_once_a_minute()
    {
        var issued = await host.Client.CreateApiKeyAsync(new() { Name = "Used", Scopes = ["samples:read"] }, cancellation: Ct);
        Assert.Null((await host.Client.GetApiKeyAsync(issued.Id, Ct)).LastUsedAt);
        await host.ScalarAsync<int>("CREATE TABLE lab.touched (id text); CREATE FUNCTION lab.touch() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN INSERT INTO lab.touched VALUES (NEW.id); RETURN NEW; END $$; CREATE TRIGGER touch AFTER UPDATE OF last_used_at ON lab.api_key FOR EACH ROW EXECUTE FUNCTION lab.touch()");
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => OpensAsync(issued.Key)));
        // A minute may have ended meanwhile.
        Assert.InRange(await host.ScalarAsync<long>("SELECT count(*) FROM lab.touched WHERE id = $1", issued.Id), 1, 2);
        await host.ScalarAsync<int>("DROP TRIGGER touch ON lab.api_key; DROP TABLE lab.touched; DROP FUNCTION lab.touch");
        var used = (await host.Client.GetApiKeyAsync(issued.Id, Ct)).LastUsedAt!.Value;
        Assert.Equal((0, 0), (used.Second, used.Millisecond));
        Assert.InRange(TimeProvider.System.GetUtcNow() - used, TimeSpan.FromSeconds(-1), TimeSpan.FromMinutes(2));
    }

    [Theory]
    [InlineData("reports:sign")]
    [InlineData("panels:admin")]
    [InlineData("clients:admin")]
    [InlineData("audit:read")]
    public async Task What_concerns_all_partners_is_given_to_no_partner_by_no_way(string scope)
    {
        await host.Client.PutPartnerAsync("ambitious", "Ambitious", Ct);
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.CreateApiKeyAsync(new() { Name = "All", Scopes = ["samples:read", scope], Partner = "ambitious" }, cancellation: Ct));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "/scopes/1"), (refused.StatusCode, Assert.Single(refused.Problem!.Errors).Pointer));
        var (exit, key, error) = await HostProcess.RunAsync(host.Database, "keys", "create", "--name", "All", "--scopes", scope, "--partner", "ambitious");
        Assert.Equal((2, ""), (exit, key));
        Assert.Contains("a partner's key has none of", error, StringComparison.Ordinal);
        var sql = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => host.ScalarAsync<int>($"INSERT INTO lab.api_key (id, name, secret_hash, scopes, partner_id, created_at) VALUES ('all', 'All', '', '{{{scope}}}', 'ambitious', now())"));
        Assert.Equal(Npgsql.PostgresErrorCodes.CheckViolation, sql.SqlState);
    }

    [Fact]
    public async Task What_cannot_be_right_is_named_at_once()
    {
        using var http = host.Http();
        (object Body, string[] Pointers)[] cases =
        [
            (new { name = "", scopes = Array.Empty<string>() }, ["/name", "/scopes"]), (new { name = "a\nb", scopes = new[] { "samples:all" } }, ["/name", "/scopes/0"]),
            (new { name = new string('x', 101), scopes = new[] { "samples:read", "samples:read" } }, ["/name", "/scopes"]),
            (new { name = "x", scopes = new[] { "samples:read" }, partner = "*", expiresAt = "2020-01-01T00:00:00Z" }, ["/partner", "/expiresAt"]),
        ];
        foreach (var (body, pointers) in cases)
        {
            var problem = await Problems.AssertAsync(await http.PostAsJsonAsync("v1/api-keys", body, Ct), 422, "value-invalid");
            Assert.Equal(pointers, problem.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("pointer").GetString()));
        }
        await Problems.AssertAsync(await http.PostAsJsonAsync("v1/api-keys", new { name = "x", scopes = new[] { "samples:read" }, partner = "nobody" }, Ct), 422, "partner-unknown");
        await Problems.AssertAsync(await http.PostAsJsonAsync("v1/api-keys/none/rotate", new { overlapHours = 721 }, Ct), 422, "value-invalid");
        await Problems.AssertAsync(await http.PostAsync("v1/api-keys/none/rotate", null, Ct), 404, "not-found");
        await Problems.AssertAsync(await http.DeleteAsync("v1/api-keys/none", Ct), 404, "not-found");
        await Problems.AssertAsync(await http.PutAsJsonAsync("v1/partners/*", new { name = "x" }, Ct), 404, "not-found");
        await Problems.AssertAsync(await http.PutAsJsonAsync("v1/partners/p", new { name = " " }, Ct), 422, "value-invalid");
    }

    [Fact]
    public async Task A_partner_is_registered_renamed_and_listed_under_its_ETag()
    {
        using var http = host.Http();
        using var created = await http.PutAsJsonAsync("v1/partners/renamed", new { name = "Before" }, Ct);
        Assert.Equal((HttpStatusCode.Created, "\"1\"", "/v1/partners/renamed"), (created.StatusCode, created.Headers.ETag!.Tag, created.Headers.Location!.ToString()));
        using var stale = new HttpRequestMessage(HttpMethod.Put, "v1/partners/renamed") { Content = JsonContent.Create(new { name = "Never" }), Headers = { { "If-Match", "\"2\"" } } };
        await Problems.AssertAsync(await http.SendAsync(stale, Ct), 412, "precondition-failed");
        using var fresh = new HttpRequestMessage(HttpMethod.Put, "v1/partners/renamed") { Content = JsonContent.Create(new { name = "After" }), Headers = { { "If-Match", "\"1\"" } } };
        using var renamed = await http.SendAsync(fresh, Ct);
        Assert.Equal((HttpStatusCode.OK, "\"2\""), (renamed.StatusCode, renamed.Headers.ETag!.Tag));
        Assert.Equal(["partner.registered", "partner.changed"], await ActionsAsync("partner:renamed"));
        for (var i = 0; i < 3; i++) await host.Client.PutPartnerAsync($"Page-{i}", "One of several", Ct);
        var all = new List<Lab.Client.Partner>();
        for (var (page, cursor) = (null as Page<Lab.Client.Partner>, null as string); page is null || cursor is not null; cursor = page.Next)
        {
            page = await host.Client.ListPartnersAsync(limit: 2, cursor: cursor, cancellation: Ct);
            all.AddRange(page.Items);
        }
        Assert.Equal(all.Select(p => p.Id).Order(StringComparer.Ordinal), all.Select(p => p.Id));
        Assert.Equal("After", all.Single(p => p.Id == "renamed").Name);
        Assert.Equal(await host.ScalarAsync<long>("SELECT count(*) FROM lab.partner"), all.Count);
    }

    [Fact]
    public async Task Keys_are_listed_page_by_page_the_newest_first()
    {
        await host.Client.PutPartnerAsync("paged", "Paged", Ct);
        var made = new List<string>();
        for (var i = 0; i < 5; i++) made.Add((await host.Client.CreateApiKeyAsync(new() { Name = $"{i}", Scopes = ["samples:read"], Partner = "paged" }, cancellation: Ct)).Id);
        var listed = new List<string>();
        for (var (page, cursor) = (null as Page<Lab.Client.ApiKey>, null as string); page is null || cursor is not null; cursor = page.Next)
        {
            page = await host.Client.ListApiKeysAsync(partner: "paged", limit: 2, cursor: cursor, cancellation: Ct);
            listed.AddRange(page.Items.Select(k => k.Id));
        }
        Assert.Equal(made.AsEnumerable().Reverse(), listed);
    }

    [Theory]
    [InlineData("0123456789abcdef")]
    [InlineData("a key with spaces, ünïcode and enough characters")]
    public async Task The_demo_key_may_be_any_text_of_16_characters(string key)
    {
        await using var demo = await HostProcess.StartAsync(await databases.CreateAsync(), key);
        using var http = new HttpClient { BaseAddress = demo.BaseAddress };
        http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"any:{key}")));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v1/api-keys", Ct)).StatusCode);
    }

    [Fact]
    public void The_checksum_tells_a_key_from_a_mistyped_one()
    {
        var key = KeyText.Generate();
        Assert.Equal(key, KeyText.Parse(key.Text));
        Assert.DoesNotContain(key.Text, JsonSerializer.Serialize(key.ToString()), StringComparison.Ordinal);
        for (var i = 4; i < key.Text.Length; i++)
        {
            if (key.Text[i] != '_') Assert.Null(KeyText.Parse(key.Text[..i] + (key.Text[i] == 'a' ? 'b' : 'a') + key.Text[(i + 1)..]));
        }
        // Made by another program: CRC-32C in base 62.
        Assert.NotNull(KeyText.Parse($"lab_{new string('0', 12)}_{new string('0', 32)}_0G6flC"));
    }

    private LabClient Client(string key) => new(new HttpClient { BaseAddress = host.BaseAddress }, key);

    private async Task OpensAsync(params string[] keys)
    {
        foreach (var key in keys)
        {
            using var http = host.Http(key);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v1/about", Ct)).StatusCode);
        }
    }

    private async Task IsRefusedAsync(string key)
    {
        using var http = host.Http(key);
        await Problems.AssertAsync(await http.GetAsync("v1/about", Ct), 401, "unauthenticated");
    }

    private async Task<string[]> ActionsAsync(string subject) =>
        await host.ScalarAsync<string[]>("SELECT array_agg(action ORDER BY id) FROM lab.audit WHERE object = $1", subject) ?? [];

    private static class Times
    {
        public static readonly DateTimeOffset Soon = new(TimeProvider.System.GetUtcNow().UtcTicks / TimeSpan.TicksPerSecond * TimeSpan.TicksPerSecond + TimeSpan.TicksPerHour, TimeSpan.Zero);
    }
}
