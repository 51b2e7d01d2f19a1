using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Lab.Faults;

/// <summary>The address at which the nodes reach PostgreSQL: it can be held, so that no byte goes through, and moved to another server, as the address of a cluster is.</summary>
internal sealed class Relay : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource stop = new();
    private readonly ConcurrentDictionary<Socket, Socket> pairs = new();
    private readonly Task accepting;
    private volatile TaskCompletionSource gate = Open();
    private volatile string target;

    /// <param name="target">The folder of the socket of PostgreSQL.</param>
    public Relay(string target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Hold() => gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => gate.TrySetResult();

    /// <summary>Ends every connection; new ones lead to the other server.</summary>
    public void MoveTo(string other)
    {
        target = other;
        foreach (var (near, far) in pairs)
        {
            near.Dispose();
            far.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Release();
        await stop.CancelAsync();
        MoveTo(target);
        listener.Dispose();
        await accepting;
        stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var near = await listener.AcceptSocketAsync(stop.Token);
                _ = Task.Run(() => RelayAsync(near));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
            }
        }
    }

    private async Task RelayAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        using (near)
        {
            pairs[near] = far;
            try
            {
                near.NoDelay = true;
                await far.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(target, ".s.PGSQL.5432")), stop.Token);
                await Task.WhenAny(PumpAsync(near, far), PumpAsync(far, near));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
            }
            pairs.TryRemove(near, out _);
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, stop.Token) is > 0 and var length)
            {
                await gate.Task.WaitAsync(stop.Token);
                for (var sent = 0; sent < length;) sent += await to.SendAsync(buffer.AsMemory(sent, length - sent), stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
        }
    }

    private static TaskCompletionSource Open()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }
}
