using Hangfire.PostgreSql;
using Lab.Api.Hosting;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Lab.Api.Storage;

/// <summary>Brings a database to this version: roles, schema, policies, Hangfire's tables. Safe to repeat and to run twice at once.</summary>
public static class DatabaseMigration
{
    private const long Lock = 0x4C_61_62; // "Lab"

    public static async Task RunAsync(LabDatabase database, CancellationToken cancellation)
    {
        var login = Patient(database.Owner);
        await using var admin = NpgsqlDataSource.Create(Patient(database.Admin));
        await using var turn = await admin.OpenConnectionAsync(cancellation);
        await ExecuteAsync(turn, $"SELECT pg_advisory_lock({Lock})", cancellation);
        await ExecuteAsync(turn, Roles, cancellation);

        await using (var context = new LabDbContext(new DbContextOptionsBuilder<LabDbContext>()
            .UseNpgsql(login, npgsql => npgsql.MigrationsHistoryTable("migration", LabDbContext.Schema)).Options))
        {
            await context.Database.MigrateAsync(cancellation);
        }
        await using (var owner = NpgsqlDataSource.Create(login))
        await using (var connection = await owner.OpenConnectionAsync(cancellation))
        {
            PostgreSqlObjectsInstaller.Install(connection, Jobs.Schema);
            await ExecuteAsync(connection, Grants, cancellation);
        }
        await ExecuteAsync(turn, $"SELECT pg_advisory_unlock({Lock})", cancellation);
    }

    /// <summary>Another node's migration, or an index over many rows, takes what it takes.</summary>
    private static string Patient(string login) => new NpgsqlConnectionStringBuilder(login) { CommandTimeout = 0 }.ConnectionString;

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>Roles belong to the server, not the database: another database's migration may be making them now.</summary>
    private const string Roles = """
        DO $$
        DECLARE name text;
        BEGIN
            FOREACH name IN ARRAY ARRAY['lab_owner', 'lab_app', 'lab_worker', 'lab_backup'] LOOP
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                    BEGIN
                        EXECUTE format('CREATE ROLE %I', name);
                    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                    END;
                END IF;
                -- A login that is the owner's alone may not, and need not.
                IF name <> 'lab_backup' AND current_user <> name AND NOT pg_has_role(current_user, name, 'MEMBER')
                    AND (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
                    BEGIN
                        EXECUTE format('GRANT %I TO %I', name, current_user);
                    EXCEPTION WHEN unique_violation THEN NULL;
                    END;
                END IF;
            END LOOP;
            IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AND NOT (SELECT rolbypassrls FROM pg_roles WHERE rolname = 'lab_backup') THEN
                ALTER ROLE lab_backup BYPASSRLS;
            END IF;
            IF current_user <> 'lab_owner' THEN
                EXECUTE format('GRANT CREATE, CONNECT ON DATABASE %I TO lab_owner', current_database());
                -- Tables of an export are turned in a temporary one.
                EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO lab_app', current_database());
            END IF;
        END $$;
        """;

    /// <summary>On what no migration makes, and on what every one makes: a node asks for the migrations before it says that it is ready, and a backup takes all tables and the places of their sequences.</summary>
    private const string Grants = """
        GRANT SELECT ON lab.migration TO lab_app;
        GRANT SELECT ON ALL TABLES IN SCHEMA lab TO lab_backup;
        GRANT SELECT ON ALL SEQUENCES IN SCHEMA lab TO lab_backup;
        GRANT USAGE ON SCHEMA hangfire TO lab_worker;
        GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA hangfire TO lab_worker;
        GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA hangfire TO lab_worker;
        """;
}
