using System.Security.Cryptography;
using System.Text;

namespace Lab.Api.Storage;

/// <summary>The secret of the installation that is not in its database: <c>Lab:Key</c>. Proofs of audit rows and secrets of webhooks are derived from it,
/// each for its purpose, so every node needs the same one.</summary>
public sealed class LabKey
{
    private const int Shortest = 32;

    // Known to everybody: what is derived from it tells mistakes, not forgeries.
    private static readonly byte[] Unset = "Lab:Key is not set"u8.ToArray();

    private readonly byte[] material;

    private LabKey(string? configured) => (IsConfigured, material) = (configured is not null, configured is null ? Unset : Encoding.UTF8.GetBytes(configured));

    public bool IsConfigured { get; }

    /// <exception cref="InvalidOperationException">It is too short to be a secret.</exception>
    public static LabKey Of(IConfiguration configuration) => configuration["Lab:Key"] switch
    {
        null or "" => new LabKey(null),
        { Length: < Shortest } => throw new InvalidOperationException($"Lab:Key needs {Shortest} characters or more, such as the output of: openssl rand -base64 32"),
        var key => new LabKey(key),
    };

    /// <summary>32 bytes that tell nothing of the key, nor of what is derived for another purpose.</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, material, 32, info: Encoding.UTF8.GetBytes(purpose));
}
