using System.Globalization;
using System.Net;
using System.Text.Json;
using Npgsql;

namespace Lab.Faults;

/// <summary>What a disk does to a database: it is full, or it gives back other bytes.</summary>
internal static class Disk
{
    // More than PostgreSQL keeps of its log, so that it is full only while it is filled.
    private const int MiB = 2500;
    private static string? mounted;

    /// <summary>A laboratory whose data lie on a file system of a limited size, in memory.</summary>
    public static async Task<Laboratory> StartAsync()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess) throw new NotPossibleException("only root may mount a file system of a limited size");
        var folder = Directory.CreateTempSubdirectory("lab-disk-").FullName;
        try
        {
            await Laboratory.RunAsync("mount", ["-t", "tmpfs", "-o", string.Create(CultureInfo.InvariantCulture, $"size={MiB}m,mode=755"), "tmpfs", folder]);
        }
        catch (InvalidOperationException e)
        {
            Directory.Delete(folder);
            throw new NotPossibleException(e.Message);
        }
        mounted = folder;
        return await Laboratory.StartAsync(disk: mounted);
    }

    /// <summary>Fills the disk up to the last byte, gives the room back, and restarts PostgreSQL where it gave up.</summary>
    public static Task FillAsync(Laboratory laboratory, Random random, double seconds) => Experiments.RepeatAsync(seconds, async () =>
    {
        await Task.Delay(random.Next(1000, 3000));
        var filler = Path.Combine(mounted!, "filler");
        await TakeAllAsync(filler);
        await Task.Delay(4000);
        if (await HasRoomAsync(laboratory)) throw new InvalidOperationException("The disk was filled, and PostgreSQL had room all the same.");
        // What the checkpoint gave back while it was full is taken, too.
        await TakeAllAsync(filler);
        await Task.Delay(2000);
        File.Delete(filler);
        try
        {
            await using var connection = await laboratory.OpenAsync();
        }
        catch (NpgsqlException)
        {
            await laboratory.RestartPostgresAsync();
        }
    });

    private static async Task<bool> HasRoomAsync(Laboratory laboratory)
    {
        try
        {
            await laboratory.ExecuteAsync("CREATE TABLE public.more AS SELECT sha256(n::text::bytea) FROM generate_series(1, 1000000) n; DROP TABLE public.more");
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private static async Task TakeAllAsync(string filler)
    {
        var block = new byte[64 * 1024];
        await using var file = new FileStream(filler, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) await file.WriteAsync(block);
        }
        catch (IOException)
        {
            // Full.
        }
    }

    /// <summary>Takes the file system away again, if there is one.</summary>
    public static async Task UnmountAsync()
    {
        if (mounted is null) return;
        await Laboratory.RunAsync("umount", [mounted]);
        Directory.Delete(mounted);
        mounted = null;
    }

    /// <summary>Changes one byte in every page of the stored reports: none is served with a byte that was not stored.</summary>
    public static async Task RotAsync(Laboratory laboratory, Random random, double seconds)
    {
        using var http = laboratory.Apis[0].Client();
        var accessions = Enumerable.Range(0, 40).Select(n => string.Create(CultureInfo.InvariantCulture, $"ROT-{random.Next():X8}-{n}")).ToArray();
        var before = new Dictionary<string, byte[]>();
        foreach (var accession in accessions)
        {
            using var posted = await http.PostAsync(new Uri($"v1/samples/{accession}/profiles", UriKind.Relative), new ByteArrayContent(Traffic.Kreport(accession)));
            using var accepted = JsonDocument.Parse(await posted.Content.ReadAsStreamAsync());
            using var followed = await http.GetAsync(new Uri($"v1/analyses/{accepted.RootElement.GetProperty("analysisId").GetGuid()}?wait=20", UriKind.Relative));
            before[accession] = await http.GetByteArrayAsync(new Uri($"v1/samples/{accession}/report", UriKind.Relative));
        }
        var paths = await laboratory.ListAsync<string>("""
            SELECT pg_relation_filepath(r) FROM (SELECT oid AS r FROM pg_class WHERE oid = 'lab.report'::regclass UNION ALL SELECT reltoastrelid FROM pg_class WHERE oid = 'lab.report'::regclass) t
            """);
        var pages = 0;
        await laboratory.RestartPostgresAsync(async () =>
        {
            foreach (var path in paths)
            {
                await using var file = new FileStream(Path.Combine(laboratory.Cluster, path), FileMode.Open);
                for (long page = 0; page < file.Length; page += 8192, pages++)
                {
                    file.Position = page + 8192 - random.Next(1, 2000);
                    var value = file.ReadByte();
                    file.Position--;
                    file.WriteByte((byte)(value ^ 1));
                }
            }
        });
        var (served, refused) = (0, 0);
        foreach (var accession in accessions)
        {
            using var answer = await http.GetAsync(new Uri($"v1/samples/{accession}/report", UriKind.Relative));
            if (answer.StatusCode != HttpStatusCode.OK) refused++;
            else if ((await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(before[accession])) served++;
            else throw new InvalidOperationException($"The report of {accession} was served with other bytes than were stored.");
        }
        if (refused == 0) throw new InvalidOperationException($"{pages} pages were changed, and nobody noticed: {served} reports were served.");
        Console.WriteLine($"         {pages} pages changed: {refused} reports refused, {served} served, all with their own bytes");
    }
}
