namespace Lab.Api.Hosting;

/// <summary>What the binary is asked to be: a host with a role, or one administrative command.</summary>
public sealed record CommandLine(string? Command, string? Role, string[] HostArguments)
{
    public const string Help = """
        Lab.Api                            serve and work
          --role api|worker|all            only serve, only work, or both (default)
          --urls http://localhost:5080     where to listen
        Lab.Api migrate                    bring the database to this version
        Lab.Api keys create --name N --scopes a,b [--partner P] [--expires 2027-01-01]
                                           make an API key and print it, once
        Lab.Api health                     ask the host that runs here whether it can serve; ends with 0 or 1
        Lab.Api openapi                    print the API description; needs no database

        Lab__Key                           32 characters or more that only the service knows (not needed in Development)
        ConnectionStrings__Lab             PostgreSQL; without it a private one is started in LAB_DATA
        ConnectionStrings__LabWorker, ConnectionStrings__LabOwner
                                           logins of their own for the roles lab_worker and lab_owner
        """;

    public bool IsAdministration => Command is not null;
    public bool Works => Role is null or "all" or "worker";
    public bool Serves => Role is null or "all" or "api";

    public static CommandLine Parse(string[] args)
    {
        if (args is ["migrate" or "keys" or "health" or "openapi" or "--help" or "-h" or "help", ..]) return new(args[0], null, args[1..]);
        // Written with "=" it would be a setting that nobody reads, and the host would be both.
        if (args.Any(a => a.StartsWith("--role=", StringComparison.Ordinal))) return new("--help", null, []);
        var at = Array.IndexOf(args, "--role");
        if (at < 0) return new(null, null, args);
        var role = at + 1 < args.Length ? args[at + 1] : "";
        if (role is not ("api" or "worker" or "all")) return new("--help", null, []);
        return new(null, role, [.. args[..at], .. args[(at + 2)..]]);
    }
}
