using System.Security.Cryptography;
using System.Text;
using Lab.Api.Storage;

namespace Lab.Api.Partners;

/// <summary>What stands beside the database and not in it: without the pepper, rows of keys neither verify a key nor can one be made up for them.</summary>
public sealed class KeyPepper(LabKey lab)
{
    private readonly byte[] pepper = lab.Derive("API keys");

    public byte[] Hash(KeyText key) => HMACSHA256.HashData(pepper, Encoding.UTF8.GetBytes(key.Text));

    /// <summary>In a time that does not depend on where they differ.</summary>
    public bool Verifies(KeyText key, byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(key), hash);

    /// <summary>A key of 256 bits for another use, of the pepper and of what only the client knows.</summary>
    public byte[] Derive(string purpose, string known) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, pepper, 32, salt: SHA256.HashData(Encoding.UTF8.GetBytes(known)), info: Encoding.UTF8.GetBytes(purpose));
}
