using System.Globalization;
using Lab.Benchmarks;

switch (args)
{
    case ["diversity"]:
        DiversitySpeed.Run();
        return 0;
    case ["reports"]:
        ReportSpeed.Run();
        return 0;
    case ["service", .. var how] when how is [] or ["brief"]:
        return await ServiceSpeed.RunAsync(brief: how.Length > 0) == 0 ? 0 : 1;
    case ["stored", var samples, var folder]:
        await StoredSamples.RunAsync(int.Parse(samples, CultureInfo.InvariantCulture), folder);
        return 0;
    case ["bare", var database]:
        await BareServer.RunAsync(database);
        return 0;
    case ["formats", var folder]:
        FormatSpeed.Run(folder);
        return 0;
    case ["ndjson", "write", var samples, var prefix]:
        await NdjsonUpload.WriteAsync(Console.OpenStandardOutput(), int.Parse(samples, CultureInfo.InvariantCulture), prefix);
        return 0;
    case ["ndjson", var host, var key, var samples, var prefix]:
        await NdjsonUpload.RunAsync(new Uri(host), key, int.Parse(samples, CultureInfo.InvariantCulture), prefix);
        return 0;
    default:
        Console.Error.WriteLine("""
            dotnet run -c Release --project tests/Lab.Benchmarks -- diversity | reports | service [brief] | formats <folder of files>
                ndjson <address of a host> <key> <samples> <prefix of accessions>
                ndjson write <samples> <prefix of accessions>      the same lines to standard output
                stored <samples> <folder of a database>            fills it, and measures what so many samples cost
            """);
        return 1;
}
