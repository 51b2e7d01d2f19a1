using System.Security.Cryptography;
using System.Text;

namespace Lab.Api.Partners;

/// <summary>What stands beside the database and not in it: without the pepper, rows of keys neither verify a key nor can one be made up for them.</summary>
public sealed class KeyPepper
{
    public const string Setting = "Keys:Pepper";
    private const int Least = 32;
    private readonly byte[] pepper;

    private KeyPepper(string pepper) => this.pepper = Encoding.UTF8.GetBytes(pepper);

    /// <summary>The sentence for who has to set it; null when it is set, or need not be.</summary>
    public static string? Missing(IConfiguration configuration, IHostEnvironment environment) => configuration[Setting] switch
    {
        null or "" when environment.IsDevelopment() => null,
        { Length: >= Least } => null,
        _ => $"{Setting} (in the environment {Setting.Replace(":", "__", StringComparison.Ordinal)}) is not set, or has fewer than {Least} characters: "
            + "give every node and every command the same random text, such as openssl rand -hex 32 prints; with another one no key works any more.",
    };

    /// <summary>The configured one. In Development else one that is kept with the private database; on another database, where it protects nothing, a fixed one.</summary>
    public static KeyPepper Of(IConfiguration configuration, IHostEnvironment environment)
    {
        if (Missing(configuration, environment) is { } sentence) throw new InvalidOperationException(sentence);
        if (configuration[Setting] is { Length: > 0 } given) return new(given);
        return new(configuration["Database:Private"] is { } folder ? Kept(Path.Combine(folder, "pepper")) : "development");
    }

    public byte[] Hash(KeyText key) => HMACSHA256.HashData(pepper, Encoding.UTF8.GetBytes(key.Text));

    /// <summary>In a time that does not depend on where they differ.</summary>
    public bool Verifies(KeyText key, byte[] hash) => CryptographicOperations.FixedTimeEquals(Hash(key), hash);

    /// <summary>A key of 256 bits for another use, of the pepper and of what only the client knows.</summary>
    public byte[] Derive(string purpose, string known) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, pepper, 32, salt: SHA256.HashData(Encoding.UTF8.GetBytes(known)), info: Encoding.UTF8.GetBytes(purpose));

    private static string Kept(string path)
    {
        if (File.Exists(path)) return File.ReadAllText(path);
        var made = RandomNumberGenerator.GetHexString(2 * Least, lowercase: true);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new StreamWriter(path, Encoding.ASCII, options);
        file.Write(made);
        return made;
    }
}
