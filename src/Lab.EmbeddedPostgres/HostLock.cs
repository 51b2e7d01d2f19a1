using System.Globalization;

namespace Lab.EmbeddedPostgres;

/// <summary>
/// One host for one data folder. The operating system holds the lock and lets go of it when the host ends, however it ends,
/// so that no host ever waits for a dead one.
/// </summary>
internal sealed class HostLock : IDisposable
{
    private readonly FileStream file;

    private HostLock(FileStream file) => this.file = file;

    public static HostLock Take(DataLayout layout)
    {
        FileStream file;
        try
        {
            file = new FileStream(layout.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException(
                $"The data folder {layout.Root} belongs to another user: set {DataLayout.EnvironmentVariable} to a folder of your own.", e);
        }
        catch (IOException e)
        {
            throw new EmbeddedPostgresException(
                $"The data folder {layout.Root} is in use by another Lab host{Holder(layout)}: " +
                $"stop that one, or set {DataLayout.EnvironmentVariable} to another folder for this one.", e);
        }

        // The lock file itself cannot be read while it is locked, so who holds it stands beside it.
        File.WriteAllText(layout.Holder, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new HostLock(file);
    }

    public void Dispose() => file.Dispose();

    private static string Holder(DataLayout layout)
    {
        try
        {
            return int.TryParse(File.ReadAllText(layout.Holder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? $" (process {pid})" : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
