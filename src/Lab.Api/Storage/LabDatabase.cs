using Lab.Api.Audit;
using Npgsql;

namespace Lab.Api.Storage;

/// <summary>One data source a role that this process plays. With a single login the role is taken at connection start (<c>-c role=</c>),
/// never by SET ROLE: the pool would undo that and the next request would run as the login.</summary>
public sealed class LabDatabase : IAsyncDisposable
{
    private LabDatabase(string app, string worker, string owner, string admin, LabKey key)
    {
        // What a request sets, it sets for its transaction alone: its connection goes back with nothing to reset. In the worker's there is also Hangfire.
        App = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(app) { NoResetOnClose = true }.ConnectionString);
        Worker = NpgsqlDataSource.Create(worker);
        Owner = owner;
        Admin = admin;
        Proof = new RowProof(key.Derive("audit rows"));
    }

    /// <summary>Requests: row-level security applies.</summary>
    public NpgsqlDataSource App { get; }
    /// <summary>Jobs.</summary>
    public NpgsqlDataSource Worker { get; }
    /// <summary>Migrations only.</summary>
    public string Owner { get; }
    /// <summary>The login as it was given, for making the roles.</summary>
    public string Admin { get; }
    /// <summary>What every row of the audit trail is written with.</summary>
    public RowProof Proof { get; }

    public static LabDatabase Open(IConfiguration configuration)
    {
        var login = configuration.GetConnectionString("Lab") ?? throw new InvalidOperationException("ConnectionStrings:Lab is not set.");
        var worker = configuration.GetConnectionString("LabWorker");
        var owner = configuration.GetConnectionString("LabOwner");
        var pool = configuration.GetValue("Database:MaxPoolSize", 40);
        // Logins of their own are their roles already; only what is made must belong to the role. One login is a member of the roles and takes one at connection start.
        return new LabDatabase(
            worker is null && owner is null ? As(login, "lab_app", pool) : Pooled(login, pool),
            worker is null ? As(login, "lab_worker", pool / 2) : Pooled(worker, pool / 2),
            As(owner ?? login, "lab_owner", 2),
            owner ?? login,
            LabKey.Of(configuration));
    }

    /// <summary>Refuses to serve where policies would not apply.</summary>
    public async Task RefuseUnsafeRolesAsync(CancellationToken cancellation)
    {
        foreach (var (source, name) in new[] { (App, "Lab"), (Worker, "LabWorker") })
        {
            await using var command = source.CreateCommand("""
                SELECT current_user, rolsuper OR rolbypassrls OR pg_has_role(current_user, c.relowner, 'MEMBER')
                FROM pg_roles, pg_class c WHERE rolname = current_user AND c.oid = 'lab.sample'::regclass
                """);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            if (reader.GetBoolean(1))
            {
                throw new InvalidOperationException(
                    $"ConnectionStrings:{name} works as role '{reader.GetString(0)}', for which row-level security does not apply (superuser, owner or BYPASSRLS). Use lab_app and lab_worker.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Worker.DisposeAsync();
    }

    private static string As(string login, string role, int pool) =>
        new NpgsqlConnectionStringBuilder(Pooled(login, pool)) { Options = $"-c role={role}", ApplicationName = role }.ConnectionString;

    private static string Pooled(string login, int pool) => new NpgsqlConnectionStringBuilder(login) { MaxPoolSize = Math.Max(2, pool), MaxAutoPrepare = 40 }.ConnectionString;
}
