using System.Collections.Concurrent;

namespace Lab.Api.Partners;

/// <summary>A key that was looked up: what its secret is checked against, and what it opens.</summary>
public sealed record KnownKey(byte[] SecretHash, string? Partner, string[] Scopes, DateTimeOffset? ExpiresAt);

/// <summary>Keys that this node looked up within the last second, so that a client's thousand requests in it are one look. What another node revokes is refused here after a second
/// at most; what this node revokes, at once. Only keys that exist are kept, and the secret is checked on every request.</summary>
public sealed class KnownKeys(TimeProvider clock)
{
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    private volatile Page page = new(clock);

    /// <summary>To look in and, after a look at the database, to keep in: what was read before a revocation is then kept where nobody looks any more.</summary>
    public Page Now => page;

    /// <summary>After a key was revoked or replaced.</summary>
    public void Forget() => page = new(clock);

    public sealed class Page(TimeProvider clock)
    {
        private readonly ConcurrentDictionary<string, (KnownKey Key, long At)> keys = new();

        public KnownKey? Find(string id) =>
            keys.TryGetValue(id, out var found) && clock.GetElapsedTime(found.At) < Age && !(found.Key.ExpiresAt <= clock.GetUtcNow()) ? found.Key : null;

        public void Keep(string id, KnownKey key) => keys[id] = (key, clock.GetTimestamp());
    }
}
