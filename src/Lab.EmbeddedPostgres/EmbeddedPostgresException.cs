namespace Lab.EmbeddedPostgres;

/// <summary>The private PostgreSQL could not start. The message is one sentence for the person at the terminal: what is wrong and what to do.</summary>
public sealed class EmbeddedPostgresException : Exception
{
    /// <summary>Without a message; there for the framework's conventions.</summary>
    public EmbeddedPostgresException()
    {
    }

    /// <summary>With what is wrong and what to do about it.</summary>
    public EmbeddedPostgresException(string message)
        : base(message)
    {
    }

    /// <summary>With what is wrong, what to do about it, and the failure underneath.</summary>
    public EmbeddedPostgresException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
