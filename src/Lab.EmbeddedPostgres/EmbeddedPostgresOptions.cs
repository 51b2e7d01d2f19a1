namespace Lab.EmbeddedPostgres;

/// <summary>Where a private PostgreSQL keeps its data and where its programs are.</summary>
public sealed record EmbeddedPostgresOptions
{
    /// <summary>
    /// The folder for everything: data, password, log, socket. Null: <c>LAB_DATA</c>, else <c>~/.local/share/lab</c>
    /// (the platform's place for it on macOS and Windows), as root <c>/var/lib/lab</c>.
    /// </summary>
    public string? DataDirectory { get; init; }

    /// <summary>The folder that holds <c>initdb</c>, <c>postgres</c> and <c>pg_ctl</c>. Null: <c>LAB_POSTGRES_BIN</c>, else they are searched for.</summary>
    public string? BinDirectory { get; init; }
}
