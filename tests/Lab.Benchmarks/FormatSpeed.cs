using System.Diagnostics;
using System.Globalization;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Benchmarks;

/// <summary>Reading against pandas (and biom-format for BIOM): of each format the largest file below a folder, both sides in one run, each on one thread. Lab's time is that of
/// whole profiles, names resolved and sums checked; theirs is that of a table of cells.</summary>
internal static class FormatSpeed
{
    private const string Python = """
        import sys, time, math, json, io
        import pandas as pd
        import biom
        def shortest(once):
            best, end = math.inf, time.perf_counter() + 2
            while time.perf_counter() < end:
                start = time.perf_counter(); once(); best = min(best, time.perf_counter() - start)
            return best
        for line in sys.stdin:
            name, path = line.rstrip("\n").split("\t")
            data = open(path, "rb").read()
            try:
                if name == "biom1":
                    seconds = shortest(lambda: biom.Table.from_json(json.loads(data)))
                elif name == "biom2":
                    seconds = shortest(lambda: biom.load_table(path))
                elif name == "lab-json":
                    seconds = shortest(lambda: pd.DataFrame(json.loads(data)["taxa"]))
                else:
                    skip = 0
                    lines = data.decode("utf-8-sig").splitlines()
                    width = max(l.count("\t") for l in lines[-50:]); sep = "\t" if width else ","
                    width = max(l.count(sep) for l in lines[-50:])
                    while lines[skip].count(sep) < width: skip += 1
                    seconds = shortest(lambda: pd.read_csv(io.BytesIO(data), sep=sep, skiprows=skip, header=None, low_memory=False))
                print("%s %.17g" % (name, seconds))
            except Exception as e:
                print("%s nan" % name)
        """;

    public static void Run(string folder)
    {
        var largest = new Dictionary<string, (string Path, byte[] Bytes)>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(p => !p.EndsWith(".gz", StringComparison.Ordinal) && !p.Contains("malformed", StringComparison.Ordinal)))
        {
            var bytes = File.ReadAllBytes(path);
            var table = Read(bytes);
            if (table.Content is { Refusal: null, Format: { } format } && table.Samples.Any(s => s.Read().Profile is not null) && (!largest.TryGetValue(format, out var other) || other.Bytes.Length < bytes.Length))
            {
                largest[format] = (path, bytes);
            }
        }

        var theirs = Peer(string.Concat(largest.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}\t{l.Value.Path}\n")));
        Console.WriteLine($"{"format",-18} {"MB",8} {"samples",8} {"Lab MB/s",9} {"peer MB/s",10}   Lab is");
        foreach (var (format, (_, bytes)) in largest.OrderBy(l => l.Key, StringComparer.Ordinal))
        {
            var samples = Read(bytes).Samples.Count;
            var mine = Timing.Shortest(() =>
            {
                foreach (var sample in Read(bytes).Samples) sample.Read();
            });
            var (mb, peer) = (bytes.Length / 1e6, theirs.GetValueOrDefault(format, double.NaN));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{format,-18} {mb,8:0.000} {samples,8} {mb / mine,9:0.0} {mb / peer,10:0.0}   {peer / mine:0.00} times as fast"));
        }
    }

    private static TableReading Read(byte[] bytes) => ProfileReader.ReadTable(bytes, new ProfileReadingOptions(AllowIncomplete: true), TaxonomyRelease.Shipped, new ProfileLimits());

    private static Dictionary<string, double> Peer(string input)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-W", "ignore", "-c", Python]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException("python3 failed; it needs pandas and biom-format (Debian: python3-pandas, python3-biom-format).");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).ToDictionary(c => c[0], c => double.Parse(c[1], CultureInfo.InvariantCulture));
    }
}
