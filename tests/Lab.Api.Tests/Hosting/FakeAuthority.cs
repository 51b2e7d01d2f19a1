using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using static System.Buffers.Text.Base64Url;

namespace Lab.Api.Tests.Hosting;

/// <summary>An authority on loopback with an RSA and an elliptic key, that signs whatever it is told to. Tokens are put together by hand: no library refuses to make a bad one.</summary>
public sealed class FakeAuthority : IAsyncDisposable
{
    public const string Audience = "lab-api";

    private readonly WebApplication app;
    private readonly RSA rsa = RSA.Create(2048);
    private readonly ECDsa ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private FakeAuthority()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        app = builder.Build();
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new Dictionary<string, object>
        {
            ["issuer"] = Address,
            ["jwks_uri"] = $"{Address}/jwks",
            ["authorization_endpoint"] = $"{Address}/authorize",
            ["token_endpoint"] = $"{Address}/token",
        }));
        app.MapGet("/jwks", () => Results.Json(new { keys = new object[] { Jwk(rsa, "rsa-1"), EcJwk() } }));
        app.MapFallback((HttpContext context) =>
        {
            Others++;
            return Results.Json(new { keys = new[] { Jwk(Stranger, "stranger") } });
        });
    }

    public string Address { get; private set; } = "";

    /// <summary>A key that is not the authority's.</summary>
    public RSA Stranger { get; } = RSA.Create(2048);

    /// <summary>How often anything was fetched that the discovery document does not name.</summary>
    public int Others { get; private set; }

    public byte[] PublicKey => rsa.ExportSubjectPublicKeyInfo();

    public byte[] PublicPem => Encoding.ASCII.GetBytes(rsa.ExportSubjectPublicKeyInfoPem());

    public byte[] Modulus => rsa.ExportParameters(false).Modulus!;

    public static async Task<FakeAuthority> StartAsync()
    {
        var authority = new FakeAuthority();
        await authority.app.StartAsync();
        authority.Address = authority.app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return authority;
    }

    /// <summary>What a right token says; each case changes one thing of it.</summary>
    public (JsonObject Header, JsonObject Payload) Right(string partner = "*", string scope = "samples:read")
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return (new JsonObject { ["alg"] = "RS256", ["typ"] = "at+jwt", ["kid"] = "rsa-1" }, new JsonObject
        {
            ["iss"] = Address,
            ["aud"] = Audience,
            ["sub"] = "client-7",
            ["client_id"] = "client-7",
            ["partner"] = partner,
            ["scope"] = scope,
            ["iat"] = now,
            ["nbf"] = now,
            ["exp"] = now + 300,
        });
    }

    public string Token(string partner = "*", string scope = "samples:read")
    {
        var (header, payload) = Right(partner, scope);
        return Sign(header, payload);
    }

    /// <summary>Signed as the header says, by the authority's own key of that kind.</summary>
    public string Sign(JsonObject header, JsonObject payload) => Sign(header, payload, (string)header["alg"]! switch
    {
        "RS256" => data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
        "PS256" => data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
        "ES256" => data => ec.SignData(data, HashAlgorithmName.SHA256),
        var other => throw new InvalidOperationException(other),
    });

    public static string Sign(JsonObject header, JsonObject payload, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode(header)}.{Encode(payload)}";
        return $"{text}.{EncodeToString(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    public static string Encode(JsonObject part) => EncodeToString(Encoding.UTF8.GetBytes(part.ToJsonString()));

    public static JsonObject Jwk(RSA key, string kid)
    {
        var parameters = key.ExportParameters(false);
        return new JsonObject { ["kty"] = "RSA", ["use"] = "sig", ["kid"] = kid, ["n"] = EncodeToString(parameters.Modulus!), ["e"] = EncodeToString(parameters.Exponent!) };
    }

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        rsa.Dispose();
        ec.Dispose();
        Stranger.Dispose();
    }

    private JsonObject EcJwk()
    {
        var q = ec.ExportParameters(false).Q;
        return new JsonObject { ["kty"] = "EC", ["crv"] = "P-256", ["use"] = "sig", ["kid"] = "ec-1", ["x"] = EncodeToString(q.X!), ["y"] = EncodeToString(q.Y!) };
    }
}
