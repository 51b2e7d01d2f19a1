using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Lab.EmbeddedPostgres;

/// <summary>Where the server listens: a socket file that only its user and root can reach, or, where that cannot be, a port of this machine only.</summary>
internal sealed record ServerEndpoint(string? SocketDirectory, int Port)
{
    // The kernel's address holds 104 bytes on macOS, 108 on Linux, the closing zero among them.
    private const int LongestSocketPath = 100;
    private const int SocketPort = 5432;

    public static ServerEndpoint Choose(DataLayout layout)
    {
        var path = Path.Combine(layout.Sockets, $".s.PGSQL.{SocketPort}");
        // A comma would make two hosts of one in a connection string, and two folders in the server's settings.
        var fits = !OperatingSystem.IsWindows() && Encoding.UTF8.GetByteCount(path) < LongestSocketPath && !path.Contains(',', StringComparison.Ordinal);
        return fits ? new ServerEndpoint(layout.Sockets, SocketPort) : new ServerEndpoint(null, FreePort());
    }

    public string ConnectionString(string password) =>
        new DbConnectionStringBuilder
        {
            ["Host"] = SocketDirectory ?? "127.0.0.1",
            ["Port"] = Port,
            ["Username"] = Cluster.Login,
            ["Password"] = password,
            ["Database"] = Cluster.Database,
        }.ConnectionString;

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
