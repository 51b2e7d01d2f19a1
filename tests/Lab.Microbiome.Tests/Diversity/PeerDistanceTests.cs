using System.Globalization;
using System.Text.Json;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>The same random pairs by other people's programs: scikit-bio, scipy and vegan.</summary>
public sealed class PeerDistanceTests(ITestOutputHelper output)
{
    private const int Pairs = 400;

    // Robust log-ratios are written out here: Debian's scikit-bio 0.5.8 has none.
    private const string ScikitBio = """
        import json, sys
        try:
            from skbio.stats.composition import clr, multiplicative_replacement
            from scipy.spatial.distance import braycurtis, euclidean, jaccard, jensenshannon
        except ImportError as missing:
            print("missing: %s" % missing); sys.exit(0)
        import numpy as np
        def rclr(x):
            out = np.zeros(len(x)); seen = x > 0
            out[seen] = np.log(x[seen]) - np.log(x[seen]).mean()
            return out
        for line in sys.stdin:
            u, v = (np.array(x, dtype=float) for x in json.loads(line))
            p, q = u / u.sum(), v / v.sum()
            out = dict(bray=braycurtis(p, q), brayCounts=braycurtis(u, v), jaccard=jaccard(u > 0, v > 0),
                pseudocount=0.0 if len(u) == 1 else euclidean(clr(u + 1), clr(v + 1)),
                replaced=0.0 if len(u) == 1 else euclidean(clr(multiplicative_replacement(p)), clr(multiplicative_replacement(q))),
                robust=euclidean(rclr(u), rclr(v)), jsE=jensenshannon(p, q), js2=jensenshannon(p, q, 2))
            print(json.dumps({k: float(x) for k, x in out.items()}))
        """;

    private const string Vegan = """
        if (!suppressWarnings(suppressMessages(requireNamespace("vegan", quietly = TRUE)))) { cat("missing: vegan\n"); quit() }
        input <- file("stdin", open = "r")
        while (length(line <- readLines(input, n = 1)) > 0) {
          x <- matrix(as.numeric(strsplit(line, " ")[[1]]), nrow = 2, byrow = TRUE)
          p <- x / rowSums(x)
          robust <- if (packageVersion("vegan") < "2.7") vegan::vegdist(x, "robust.aitchison") else NA
          out <- c(vegan::vegdist(p, "bray"), vegan::vegdist(x, "bray"), vegan::vegdist(x, "jaccard", binary = TRUE),
            vegan::vegdist(x, "aitchison", pseudocount = 1), robust)
          cat(sprintf("%.17g", out), "\n")
        }
        """;

    [Fact]
    public async Task Four_hundred_random_pairs_agree_with_scikit_bio_and_scipy()
    {
        var samples = Samples();
        var lines = await PeerProgramTests.Run("/usr/bin/python3", ["-W", "ignore", "-c", ScikitBio], samples.Select(pair => JsonSerializer.Serialize(new[] { pair.U, pair.V })));
        var worst = new SortedDictionary<string, double>();
        for (var i = 0; i < Pairs; i++)
        {
            var theirs = JsonSerializer.Deserialize<Dictionary<string, double>>(lines[i])!;
            foreach (var (name, value) in Ours(samples[i])) Compare(worst, name, theirs[name], value);
        }
        Report("scikit-bio and scipy", worst);
    }

    [Fact]
    public async Task Four_hundred_random_pairs_agree_with_vegan()
    {
        var samples = Samples();
        var lines = await PeerProgramTests.Run("Rscript", ["--vanilla", "-e", Vegan], samples.Select(pair => string.Join(' ', [.. pair.U, .. pair.V])));
        var worst = new SortedDictionary<string, double>();
        for (var i = 0; i < Pairs; i++)
        {
            var theirs = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            var ours = Ours(samples[i]);
            foreach (var (place, name) in new[] { "bray", "brayCounts", "jaccard", "pseudocount", "robust" }.Index())
            {
                // Since 2.7 it completes the matrix from other samples.
                if (theirs[place] != "NA") Compare(worst, name, double.Parse(theirs[place], CultureInfo.InvariantCulture), ours[name]);
            }
        }
        Report("vegan", worst);
    }

    private static Dictionary<string, double> Ours((double[] U, double[] V) pair)
    {
        var features = BetaDiversityTests.Features(pair.U.Length);
        var (u, v) = (BetaDiversityTests.Counts(features, pair.U), BetaDiversityTests.Counts(features, pair.V));
        var (p, q) = (u.Shares(), v.Shares());
        return new()
        {
            ["bray"] = BetaDiversity.BrayCurtis(p, q)!.Value,
            ["brayCounts"] = BetaDiversity.BrayCurtis(u, v)!.Value,
            ["jaccard"] = BetaDiversity.Jaccard(u, v)!.Value,
            ["pseudocount"] = BetaDiversity.Aitchison(LogRatios.Of(u)!, LogRatios.Of(v)!),
            ["replaced"] = BetaDiversity.Aitchison(LogRatios.Of(p)!, LogRatios.Of(q)!),
            ["robust"] = BetaDiversity.Aitchison(LogRatios.Robust(p)!, LogRatios.Robust(q)!),
            ["jsE"] = BetaDiversity.JensenShannonDistance(p, q, LogBase.E)!.Value,
            ["js2"] = BetaDiversity.JensenShannonDistance(p, q, LogBase.Two)!.Value,
        };
    }

    // 1e-12 of the value or absolutely. The square root of scipy's divergence keeps half its digits near 0: there, 3e-8 absolutely.
    private static void Compare(SortedDictionary<string, double> worst, string name, double theirs, double ours)
    {
        var difference = Math.Abs(theirs - ours);
        worst[name] = Math.Max(worst.GetValueOrDefault(name), difference);
        Assert.True(difference <= (name.StartsWith("js", StringComparison.Ordinal) && theirs < 1e-3 ? 3e-8 : 1e-12 * Math.Max(1, theirs)), $"{name}: {theirs:R} against {ours:R}");
    }

    private void Report(string whose, SortedDictionary<string, double> worst) =>
        output.WriteLine($"{Pairs} pairs against {whose}; worst difference: {string.Join(", ", worst.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Key} {w.Value:0.0e+0}")))}");

    // From 1 to 2,000 features; every fifth pair is one sample and a slightly deeper copy, every seventh has nothing in common.
    private static (double[] U, double[] V)[] Samples()
    {
        var random = new Random(20261125);
        return [.. Enumerable.Range(0, Pairs).Select(i =>
        {
            var features = random.Next(1, (i % 4) switch { 0 => 10, 1 => 2000, _ => 400 });
            var (u, v) = (BetaDiversityTests.Draw(random, features), BetaDiversityTests.Draw(random, features));
            if (i % 5 == 0) v = [.. u.Select(x => x > 0 ? x + random.Next(3) : 0)];
            else if (i % 7 == 0 && features > 1)
            {
                for (var f = 0; f < features; f++) (u[f], v[f]) = f % 2 == 0 ? (u[f] + 1, 0.0) : (0.0, v[f] + 1);
            }
            return (u, v);
        })];
    }
}
