using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Lab.Api.Partners;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>A host that trusts an authority, and the authority.</summary>
public sealed class TokenHost(TestDatabase databases) : IAsyncLifetime
{
    private HostProcess process = null!;

    public FakeAuthority Authority { get; private set; } = null!;

    public string Key { get; } = KeyText.Generate().Text;

    public string Database { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        (Authority, Database) = (await FakeAuthority.StartAsync(), await databases.CreateAsync());
        process = await HostProcess.StartAsync(Database, Key, settings: [("Auth__Authority", Authority.Address), ("Auth__Audience", FakeAuthority.Audience), ("Auth__ClientId", "swagger")]);
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? token, string? key = null)
    {
        using var http = new HttpClient { BaseAddress = process.BaseAddress };
        using var request = new HttpRequestMessage(method, path);
        if (token is not null) request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (key is not null) request.Headers.Add("X-Api-Key", key);
        if (method == HttpMethod.Put) request.Content = new StringContent("{}");
        return await http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await process.DisposeAsync();
        await Authority.DisposeAsync();
    }
}

/// <summary>Access tokens of an authority: what is accepted, and every forgery that is not.</summary>
public sealed class TokenTests(TokenHost host) : IClassFixture<TokenHost>
{
    /// <summary>Each changes one thing of a right token, or signs it otherwise; none opens anything.</summary>
    private static readonly Dictionary<string, Func<FakeAuthority, string>> Forgeries = new()
    {
        ["alg none"] = a => Unsigned(a, "none"),
        ["alg None"] = a => Unsigned(a, "None"),
        ["alg nOnE with a signature"] = a => Changed(a, h => h["alg"] = "nOnE", sign: _ => [1, 2, 3]),
        ["no alg"] = a => Changed(a, h => h.Remove("alg"), sign: _ => []),
        ["HS256 with the public key (DER)"] = a => Confused(a, a.PublicKey),
        ["HS256 with the public key (PEM)"] = a => Confused(a, a.PublicPem),
        ["HS256 with the modulus"] = a => Confused(a, a.Modulus),
        ["HS256 with an empty key"] = a => Confused(a, []),
        ["signed by another key under the authority's kid"] = a => Changed(a, sign: Strange(a)),
        ["another key in the header (jwk)"] = a => Changed(a, h => h["jwk"] = FakeAuthority.Jwk(a.Stranger, "rsa-1"), sign: Strange(a)),
        ["another key in the header (jwk) under its own kid"] = a => Changed(a, h => (h["kid"], h["jwk"]) = ("stranger", FakeAuthority.Jwk(a.Stranger, "stranger")), sign: Strange(a)),
        ["another key set named by the header (jku)"] = a => Changed(a, h => (h["kid"], h["jku"]) = ("stranger", $"{a.Address}/elsewhere"), sign: Strange(a)),
        ["a certificate named by the header (x5u)"] = a => Changed(a, h => (h["kid"], h["x5u"]) = ("stranger", $"{a.Address}/elsewhere"), sign: Strange(a)),
        ["unknown kid"] = a => Changed(a, h => h["kid"] = "rsa-2"),
        ["no kid"] = a => Changed(a, h => h.Remove("kid")),
        ["kid that is a path"] = a => Changed(a, h => h["kid"] = "../../dev/null"),
        ["kid that is SQL"] = a => Changed(a, h => h["kid"] = "' OR '1'='1"),
        ["the RSA key's kid under ES256"] = a => a.Sign(With(a, h => h["alg"] = "ES256").Header, a.Right().Payload),
        ["crit"] = a => Changed(a, h => h["crit"] = new JsonArray("b64")),
        ["typ JWT"] = a => Changed(a, h => h["typ"] = "JWT"),
        ["typ id_token+jwt"] = a => Changed(a, h => h["typ"] = "id_token+jwt"),
        ["no typ"] = a => Changed(a, h => h.Remove("typ")),
        ["another issuer"] = a => Changed(a, p: p => p["iss"] = "https://elsewhere.example"),
        ["issuer with another path"] = a => Changed(a, p: p => p["iss"] = $"{a.Address}/other"),
        ["no issuer"] = a => Changed(a, p: p => p.Remove("iss")),
        ["another audience"] = a => Changed(a, p: p => p["aud"] = "another-api"),
        ["no audience"] = a => Changed(a, p: p => p.Remove("aud")),
        ["expired a minute ago"] = a => Changed(a, p: p => p["exp"] = Now - 61),
        ["no expiry"] = a => Changed(a, p: p => p.Remove("exp")),
        ["expiry as text"] = a => Changed(a, p: p => p["exp"] = "never"),
        ["not valid before in a minute"] = a => Changed(a, p: p => p["nbf"] = Now + 61),
        ["no subject"] = a => Changed(a, p: p => p.Remove("sub")),
        ["a subject of 201 characters"] = a => Changed(a, p: p => p["sub"] = new string('x', 201)),
        ["does not say whose"] = a => Changed(a, p: p => p.Remove("partner")),
        ["says whose twice"] = a => Changed(a, p: p => p["partner"] = new JsonArray("one", "*")),
        ["a partner that is no id"] = a => Changed(a, p: p => p["partner"] = "one two"),
        ["an empty partner"] = a => Changed(a, p: p => p["partner"] = ""),
        ["payload changed after it was signed"] = a =>
        {
            var parts = a.Token("one").Split('.');
            return $"{parts[0]}.{FakeAuthority.Encode(a.Right("*").Payload)}.{parts[2]}";
        },
        ["signature cut"] = a => a.Token()[..^4],
        ["no signature"] = a => a.Token()[..(a.Token().LastIndexOf('.') + 1)],
        ["two parts"] = a => a.Token()[..a.Token().LastIndexOf('.')],
        ["five parts"] = a => $"{a.Token()}.a.b",
        ["no token"] = _ => "",
        ["no base64"] = _ => "%%%.%%%.%%%",
        ["another thing"] = _ => "lab_000000000000_00000000000000000000000000000000_000000",
        ["a very long one"] = a => Changed(a, p: p => p["x"] = new string('x', 20_000)).Insert(0, "x"),
    };

    public static TheoryData<string> Names => [.. Forgeries.Keys];

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_forged_or_foreign_token_opens_nothing(string name)
    {
        using var answer = await host.SendAsync(HttpMethod.Get, "v1/about", Forgeries[name](host.Authority));
        await Problems.AssertAsync(answer, 401, "unauthenticated");
        Assert.Equal(0, host.Authority.Others);
        // Nor does a right key beside it.
        using var both = await host.SendAsync(HttpMethod.Get, "v1/about", Forgeries[name](host.Authority), host.Key);
        Assert.Equal(HttpStatusCode.Unauthorized, both.StatusCode);
    }

    [Theory]
    [InlineData("RS256", "rsa-1", "at+jwt")]
    [InlineData("PS256", "rsa-1", "at+jwt")]
    [InlineData("ES256", "ec-1", "application/at+jwt")]
    public async Task A_token_of_the_authority_opens_by_each_of_its_keys(string alg, string kid, string typ)
    {
        var (header, payload) = host.Authority.Right();
        (header["alg"], header["kid"], header["typ"]) = (alg, kid, typ);
        // Clocks differ by some seconds.
        (payload["nbf"], payload["exp"]) = (Now + 20, Now + 300);
        using var answer = await host.SendAsync(HttpMethod.Get, "v1/about", host.Authority.Sign(header, payload));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_token_does_what_its_scopes_say_for_whom_its_partner_says()
    {
        using var registered = await host.SendAsync(HttpMethod.Put, "v1/partners/one", host.Authority.Token(scope: "clients:admin"));
        Assert.Equal(HttpStatusCode.BadRequest, registered.StatusCode);
        await LabHost.KeyForAsync(host.Database, "one", "samples:read");
        await LabHost.KeyForAsync(host.Database, "two", "samples:read");
        using var put = await host.SendAsync(HttpMethod.Put, "v1/samples/BY-TOKEN", host.Authority.Token("one", "openid samples:write profile"));
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        Assert.Equal("one", (string?)JsonNode.Parse(await put.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["partner"]);
        async Task<HttpStatusCode> ReadAsync(string partner, string scope) => (await host.SendAsync(HttpMethod.Get, "v1/samples/BY-TOKEN", host.Authority.Token(partner, scope))).StatusCode;
        Assert.Equal(HttpStatusCode.OK, await ReadAsync("one", "samples:read"));
        Assert.Equal(HttpStatusCode.OK, await ReadAsync("*", "samples:read"));
        Assert.Equal(HttpStatusCode.NotFound, await ReadAsync("two", "samples:read"));
        Assert.Equal(HttpStatusCode.Forbidden, await ReadAsync("one", "openid"));
        Assert.Equal(HttpStatusCode.Forbidden, await ReadAsync("one", ""));
        // Whatever the authority says: what concerns all partners is no partner's.
        using var keys = await host.SendAsync(HttpMethod.Get, "v1/api-keys", host.Authority.Token("one", "clients:admin"));
        await Problems.AssertAsync(keys, 403, "scope-missing");
        Assert.Equal("token:client-7", await ScalarAsync("SELECT actor FROM lab.audit WHERE action = 'sample.registered' ORDER BY id DESC LIMIT 1"));
    }

    [Fact]
    public async Task A_key_still_opens_and_says_how_to_log_in()
    {
        using var about = await host.SendAsync(HttpMethod.Get, "v1/about", null, host.Key);
        Assert.Equal(HttpStatusCode.OK, about.StatusCode);
        using var refused = await host.SendAsync(HttpMethod.Get, "v1/about", "x.y.z");
        Assert.Equal("Bearer", Assert.Single(refused.Headers.WwwAuthenticate).Scheme);
        using var document = await host.SendAsync(HttpMethod.Get, "openapi/v1.json", null);
        var described = JsonNode.Parse(await document.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal($"{host.Authority.Address}/.well-known/openid-configuration", (string?)described["components"]!["securitySchemes"]!["OpenIdConnect"]!["openIdConnectUrl"]);
        Assert.Equal(["ApiKey", "Bearer", "OpenIdConnect"], described["paths"]!["/v1/samples"]!["get"]!["security"]!.AsArray().Select(s => s!.AsObject().Single().Key));
        using var ui = await host.SendAsync(HttpMethod.Get, "swagger/index.js", null);
        Assert.Contains("\"clientId\":\"swagger\"", await ui.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task While_the_authority_is_away_tokens_are_503_and_keys_open()
    {
        await using var away = await HostProcess.StartAsync(host.Database, host.Key, "api", ("Auth__Authority", "http://127.0.0.1:9"), ("Auth__Audience", FakeAuthority.Audience));
        using var http = new HttpClient { BaseAddress = away.BaseAddress };
        using var request = new HttpRequestMessage(HttpMethod.Get, "v1/about") { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", host.Authority.Token()) } };
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        await Problems.AssertAsync(answer, 503, "unavailable");
        http.DefaultRequestHeaders.Add("X-Api-Key", host.Key);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("v1/about", TestContext.Current.CancellationToken)).StatusCode);
    }

    private async Task<string?> ScalarAsync(string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(host.Database);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        return (string?)await command.ExecuteScalarAsync();
    }

    private static (JsonObject Header, JsonObject Payload) With(FakeAuthority authority, Action<JsonObject>? header = null, Action<JsonObject>? payload = null)
    {
        var (h, p) = authority.Right();
        header?.Invoke(h);
        payload?.Invoke(p);
        return (h, p);
    }

    private static string Changed(FakeAuthority authority, Action<JsonObject>? h = null, Action<JsonObject>? p = null, Func<byte[], byte[]>? sign = null)
    {
        var (header, payload) = With(authority, h, p);
        return sign is null ? authority.Sign(header, payload) : FakeAuthority.Sign(header, payload, sign);
    }

    private static string Unsigned(FakeAuthority authority, string alg) => Changed(authority, h => h["alg"] = alg, sign: _ => []);

    private static string Confused(FakeAuthority authority, byte[] key) => Changed(authority, h => h["alg"] = "HS256", sign: data => HMACSHA256.HashData(key, data));

    private static Func<byte[], byte[]> Strange(FakeAuthority authority) => data => authority.Stranger.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
}
