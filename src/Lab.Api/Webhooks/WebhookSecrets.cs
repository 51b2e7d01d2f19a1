using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lab.Api.Storage;

namespace Lab.Api.Webhooks;

/// <summary>The secrets that receivers check signatures with (standard-webhooks). A secret is the HMAC of the webhook's id and the number of its rotation under a
/// key derived from <c>Lab:Key</c>: every node can sign, and no copy of the database tells it.</summary>
public sealed class WebhookSecrets(LabKey lab)
{
    private const string Prefix = "whsec_";

    private readonly byte[] key = lab.Derive("webhook secrets");

    /// <summary>Names the key, so that a webhook of another is noticed.</summary>
    public string KeyId => Convert.ToHexStringLower(SHA256.HashData(key))[..16];

    public byte[] Of(Guid webhook, int version)
    {
        Span<byte> name = stackalloc byte[20];
        webhook.TryWriteBytes(name, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(name[16..], version);
        return HMACSHA256.HashData(key, name);
    }

    /// <summary>As it is shown to its owner, once.</summary>
    public string Show(Guid webhook, int version) => Prefix + Convert.ToBase64String(Of(webhook, version));

    /// <summary>The value of <c>webhook-signature</c>: one signature a live secret.</summary>
    public static string Sign(IEnumerable<byte[]> secrets, string message, long timestamp, string body)
    {
        var signed = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{message}.{timestamp}.{body}"));
        return string.Join(' ', secrets.Select(secret => $"v1,{Convert.ToBase64String(HMACSHA256.HashData(secret, signed))}"));
    }
}
