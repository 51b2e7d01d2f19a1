using System.Security.Cryptography;
using System.Text;

namespace Lab.Api.Storage;

/// <summary>The secret of the installation that is not in its database: <c>Lab:Key</c>. What API keys are stored under, proofs of audit rows and secrets of
/// webhooks are derived from it, each for its purpose, so every node and every command needs the same one.</summary>
public sealed class LabKey
{
    public const string Setting = "Lab:Key";
    private const int Shortest = 32;

    private readonly byte[] material;

    private LabKey(string text) => material = Encoding.UTF8.GetBytes(text);

    /// <summary>The sentence for who has to set it; null when it is set, or need not be.</summary>
    public static string? Missing(IConfiguration configuration, IHostEnvironment environment) => configuration[Setting] switch
    {
        null or "" when environment.IsDevelopment() => null,
        { Length: >= Shortest } => null,
        _ => $"{Setting} (in the environment {Setting.Replace(":", "__", StringComparison.Ordinal)}) is not set, or has fewer than {Shortest} characters: "
            + "give every node and every command the same random text, such as openssl rand -hex 32 prints; with another one no key works any more.",
    };

    /// <summary>The configured one; else one that is kept with the private database. On another database, where none has to be set, a fixed one that protects nothing.</summary>
    /// <exception cref="InvalidOperationException">It is too short to be a secret.</exception>
    public static LabKey Of(IConfiguration configuration) => configuration[Setting] switch
    {
        null or "" => new LabKey(configuration["Database:Private"] is { } folder ? Kept(Path.Combine(folder, "key")) : $"{Setting} is not set"),
        { Length: < Shortest } => throw new InvalidOperationException($"{Setting} needs {Shortest} characters or more, such as openssl rand -hex 32 prints."),
        var key => new LabKey(key),
    };

    /// <summary>32 bytes that tell nothing of the key, nor of what is derived for another purpose.</summary>
    public byte[] Derive(string purpose) => HKDF.DeriveKey(HashAlgorithmName.SHA256, material, 32, info: Encoding.UTF8.GetBytes(purpose));

    private static string Kept(string path)
    {
        if (File.Exists(path)) return File.ReadAllText(path);
        var made = RandomNumberGenerator.GetHexString(2 * Shortest, lowercase: true);
        // Whole or not there: what a crash cut off would be taken for the key.
        var unfinished = $"{path}.new";
        File.Delete(unfinished);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(Encoding.ASCII.GetBytes(made));
            file.Flush(flushToDisk: true);
        }
        File.Move(unfinished, path);
        return made;
    }
}
