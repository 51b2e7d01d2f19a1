using System.Diagnostics;
using System.Globalization;
using Lab.Microbiome.Diversity;

namespace Lab.Benchmarks;

/// <summary>Diversity against scikit-bio, scipy and vegan: the same samples, both sides in one run, each on one thread, and that both computed the same.</summary>
internal static class DiversitySpeed
{
    private const int Samples = 500, Taxa = 400, Pairs = Samples * (Samples - 1) / 2;

    private static readonly string[] Ten =
        ["observed", "shannon", "simpson", "inverse-simpson", "pielou", "berger-parker", "chao1", "ace", "goods-coverage", "fisher-alpha"];

    private const string Python = """
        import sys, time, math
        import numpy as np
        from skbio.diversity import alpha
        from scipy.spatial.distance import pdist
        x = np.loadtxt(sys.stdin, dtype=np.int64)
        def ten(row):
            return (alpha.observed_otus(row) + alpha.shannon(row, base=math.e) + alpha.simpson(row) + alpha.enspie(row) + alpha.pielou_e(row) + alpha.berger_parker_d(row)
                + alpha.chao1(row) + alpha.ace(row) + alpha.goods_coverage(row) + alpha.fisher_alpha(row))
        def shortest(once):
            best, result, end = math.inf, None, time.perf_counter() + 3
            while time.perf_counter() < end:
                start = time.perf_counter(); result = once(); best = min(best, time.perf_counter() - start)
            return best, result
        p = x / x.sum(axis=1, keepdims=True)
        print("scikit-bio alpha %.17g %.17g" % shortest(lambda: float(sum(ten(row) for row in x))))
        print("scipy bray-curtis %.17g %.17g" % shortest(lambda: float(pdist(p, "braycurtis").sum())))
        """;

    private const string R = """
        suppressMessages(library(vegan))
        x <- as.matrix(read.table(file("stdin")))
        ten <- function() {
          s <- specnumber(x); h <- diversity(x); n <- rowSums(x); e <- estimateR(x)
          sum(s, h, diversity(x, "simpson"), diversity(x, "invsimpson"), h / log(s), apply(x, 1, max) / n, e["S.chao1", ], e["S.ACE", ], 1 - rowSums(x == 1) / n, fisher.alpha(x))
        }
        best <- Inf
        for (i in 1:5) { t <- system.time(value <- ten(), gcFirst = FALSE)[["elapsed"]]; best <- min(best, t) }
        cat(sprintf("vegan alpha %.17g %.17g\n", best, value))
        """;

    public static void Run()
    {
        var counts = Draw();
        var metrics = Ten.Select(name => AlphaMetric.Find(name)!).ToArray();
        var features = FeatureList.Of(Enumerable.Range(0, Taxa).Select(taxon => $"{taxon:000}"));
        var shares = counts.Select(sample => CountVector.From(features, features.Names.Zip(sample, KeyValuePair.Create)).Shares()).ToArray();

        var (alpha, bray) = (0.0, 0.0);
        var alphaSeconds = Timing.Shortest(() => alpha = counts.Sum(sample =>
        {
            var taken = Counts.From(sample);
            return metrics.Sum(metric => metric.Value(taken, taken)!.Value);
        }));
        var braySeconds = Timing.Shortest(() => bray = BetaDiversity.BrayCurtis(shares).Sum());
        Print("Lab alpha", alphaSeconds, Samples, "samples", null);
        Print("Lab bray-curtis", braySeconds, Pairs, "pairs", null);

        var text = string.Concat(counts.Select(sample => string.Join(' ', sample) + "\n"));
        foreach (var line in Peer("/usr/bin/python3", "-c", Python, text).Concat(Peer("Rscript", "-e", R, text)))
        {
            var cells = line.Split(' ');
            var (seconds, theirs) = (double.Parse(cells[2], CultureInfo.InvariantCulture), double.Parse(cells[3], CultureInfo.InvariantCulture));
            var (mine, ours, done, unit) = cells[1] == "alpha" ? (alphaSeconds, alpha, Samples, "samples") : (braySeconds, bray, Pairs, "pairs");
            // Their Fisher's alpha stops at 1e-4.
            if (!(Math.Abs(theirs - ours) <= 1e-6 * Math.Abs(theirs))) throw new InvalidOperationException($"{line}: ours is {ours:R}");
            Print($"{cells[0]} {cells[1]}", seconds, done, unit, seconds / mine);
        }
    }

    // Heavy tails, as in stool: most taxa with few reads, some with none.
    private static long[][] Draw()
    {
        var random = new Random(20261125);
        return [.. Enumerable.Range(0, Samples).Select(_ => Enumerable.Range(0, Taxa).Select(_ => random.NextDouble() < 0.4 ? 0 : (long)Math.Pow(10, random.NextDouble() * 5)).ToArray())];
    }

    private static void Print(string what, double seconds, int done, string unit, double? ratio) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-22} {done / seconds,14:N0} {unit}/s{(ratio is { } r ? $"   Lab is {r:0.0} times as fast" : "")}"));

    private static string[] Peer(string program, string option, string script, string input)
    {
        var start = new ProcessStartInfo(program, [option, script]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var threads in (ReadOnlySpan<string>)["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"]) start.Environment[threads] = "1";
        using var process = Process.Start(start)!;
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} failed; it needs scikit-bio and scipy, or vegan (Debian: python3-skbio, r-cran-vegan).");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
