using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Lab.Api.Partners;

/// <summary>A key as it is sent: <c>lab_{public id}_{secret}_{checksum}</c>. The secret has 190 random bits; the checksum (CRC-32C of what stands before it, in base 62)
/// lets scanners of leaked secrets, and this service, tell a key from anything else without asking the database.</summary>
public sealed record KeyText
{
    private const string Alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    private const int IdLength = 12, SecretLength = 32, ChecksumLength = 6;

    private KeyText(string id, string text) => (Id, Text) = (id, text);

    public string Id { get; }

    public string Text { get; }

    public static KeyText Generate()
    {
        var id = RandomNumberGenerator.GetString(Alphabet, IdLength);
        var body = $"lab_{id}_{RandomNumberGenerator.GetString(Alphabet, SecretLength)}_";
        return new(id, body + Checksum(body));
    }

    /// <summary>Null for what can be no key.</summary>
    public static KeyText? Parse(string text) =>
        text.Split('_') is ["lab", { Length: IdLength } id, { Length: SecretLength } secret, { Length: ChecksumLength } checksum]
        && (id + secret + checksum).All(char.IsAsciiLetterOrDigit) && Checksum(text[..^ChecksumLength]) == checksum
            ? new(id, text)
            : null;

    /// <summary>Development's key may be any text; its id is then made of it.</summary>
    public static KeyText Any(string text) => Parse(text) ?? new($"demo-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12]}", text);

    public override string ToString() => $"lab_{Id}_…";

    private static string Checksum(string text)
    {
        var sum = Encoding.ASCII.GetBytes(text).Aggregate(uint.MaxValue, BitOperations.Crc32C) ^ uint.MaxValue;
        var digits = new char[ChecksumLength];
        for (var i = ChecksumLength - 1; i >= 0; i--, sum /= 62) digits[i] = Alphabet[(int)(sum % 62)];
        return new string(digits);
    }
}
