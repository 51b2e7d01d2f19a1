using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lab.Microbiome.Diversity;
using Xunit;

namespace Lab.Microbiome.Tests.Diversity;

/// <summary>The same 1,000 random samples of mixed shapes by other people's programs, scikit-bio and vegan: every metric that is in both, each within its
/// tolerance. The worst differences stand in the test's output.</summary>
public sealed class PeerProgramTests
{
    // Debian's scikit-bio 0.5.8: Shannon is base 2 unless told; Gini's rectangles are cut at 0 here and not there.
    private const string ScikitBio = """
        import json, math, sys
        try:
            from skbio.diversity import alpha
            from scipy.special import betainc
        except ImportError as missing:
            print("missing: %s" % missing); sys.exit(0)
        import numpy as np
        for line in sys.stdin:
            given = json.loads(line)
            x = np.array(given["counts"], dtype=np.int64)
            x = x[x > 0]
            n, s = int(x.sum()), len(x)
            p = x / n
            h = float(-(p * np.log(p)).sum())
            d = float((p * p).sum())
            low, high = alpha.chao1_ci(x)
            # Its bincount is as long as the largest count: above 10 all are alike to ACE.
            rare = np.minimum(x, 11)
            count, threshold = int(x.max()), min(1.0, float(p.max()) * given["factor"])
            below = float(betainc(count + 0.5, n - count + 0.5, threshold))
            out = {"observed": alpha.observed_otus(x), "shannon": alpha.shannon(x, base=math.e), "shannon-2": alpha.shannon(x, base=2), "shannon-10": alpha.shannon(x, base=10),
                "exp-shannon": math.exp(alpha.shannon(x, base=math.e)), "simpson": alpha.simpson(x), "simpson-dominance": alpha.dominance(x), "inverse-simpson": alpha.enspie(x),
                "simpson-evenness": alpha.simpson_e(x), "berger-parker": alpha.berger_parker_d(x), "strong": alpha.strong(x), "gini": max(0.0, alpha.gini_index(x)),
                "gini-trapezoids": alpha.gini_index(x, method="trapezoids"), "mcintosh-evenness": alpha.mcintosh_e(x), "brillouin": alpha.brillouin_d(x),
                "singletons": alpha.singles(x), "doubletons": alpha.doubles(x), "menhinick": alpha.menhinick(x), "chao1": alpha.chao1(x), "chao1 low": low, "chao1 high": high,
                "chao1-classic": alpha.chao1(x, bias_corrected=False), "goods-coverage": alpha.goods_coverage(x), "robbins": alpha.robbins(x)}
            # Beyond, its n ** 3 is more than 64 bits hold.
            if n < 2_000_000:
                out["robbins low"], out["robbins high"] = alpha.esty_ci(x)
            if alpha.singles(x) > 0:
                out["chao1-classic low"], out["chao1-classic high"] = alpha.chao1_ci(x, bias_corrected=False)
            if n > 1:
                out.update({"margalef": alpha.margalef(x), "mcintosh-dominance": alpha.mcintosh_d(x)})
            if s > 1:
                out.update({"pielou": alpha.pielou_e(x), "heip": alpha.heip_e(x)})
            if s > 2 and np.sort(x)[int(s * 0.75)] > np.sort(x)[math.ceil(s * 0.25)]:
                out["kempton-taylor"] = alpha.kempton_taylor_q(x)
            if not ((rare == 1).any() and (rare == 1).sum() == (rare < 11).sum()):
                out["ace"] = alpha.ace(rare)
            if s < n:
                out["fisher-alpha"] = alpha.fisher_alpha(x)
            out.update({"shannon sd": math.sqrt(float((p * (np.log(p) + h) ** 2).sum()) / n),
                "simpson sd": math.sqrt(4 * float((p * (p - d) ** 2).sum()) / n), "stability": below if count / n < threshold else 1 - below})
            print(json.dumps({name: float(value) for name, value in out.items()}))
        """;

    // rarefy's standard deviation has all pairs of taxa: for samples of few.
    private const string Vegan = """
        if (!suppressWarnings(suppressMessages(requireNamespace("vegan", quietly = TRUE)))) { cat("missing: vegan\n"); quit() }
        input <- file("stdin", open = "r")
        while (length(line <- readLines(input, n = 1)) > 0) {
          x <- as.numeric(strsplit(line, " ")[[1]])
          x <- x[x > 0]
          N <- sum(x)
          m <- max(1, floor(N / 3))
          s <- suppressWarnings(vegan::estimateR(x))
          h <- unlist(vegan::renyi(x, scales = c(0, 0.25, 0.5, 1, 2, 4, 8, 64, Inf)))
          t <- unlist(vegan::tsallis(x, scales = c(0, 0.5, 1.5, 2, 4)))
          r <- suppressWarnings(vegan::rarefy(rbind(x), c(m, min(N, 100)), se = FALSE))
          e <- if (length(x) <= 60) suppressWarnings(vegan::rarefy(rbind(x), m, se = TRUE))[2] else NaN
          out <- c(vegan::specnumber(x), vegan::diversity(x), vegan::diversity(x, "simpson"), vegan::diversity(x, "invsimpson"),
            s[["S.chao1"]], s[["se.chao1"]], s[["S.ACE"]], tryCatch(suppressWarnings(vegan::fisher.alpha(x)), error = function(e) NaN), h, exp(h), t, r, e)
          cat(sprintf("%.17g", out), "\n")
        }
        """;

    private static readonly string[] VeganColumns =
    [
        "observed", "shannon", "simpson", "inverse-simpson", "chao1", "chao1-se", "ace", "fisher-alpha",
        .. new[] { "renyi", "hill" }.SelectMany(kind => new[] { "0", "0.25", "0.5", "1", "2", "4", "8", "64", "inf" }.Select(q => $"{kind}-{q}")),
        "tsallis-0", "tsallis-0.5", "tsallis-1.5", "tsallis-2", "tsallis-4", "rarefied-third", "rarefied-hundred", "rarefied-se-third",
    ];

    // Relative to the value or to 1, whichever is larger; for what is not here, 1e-12.
    private static readonly Dictionary<string, double> Tolerances = new()
    {
        // Its fmin ends in a search by steps.
        ["scikit-bio fisher-alpha"] = 1e-7,
        // R's uniroot stops at .Machine$double.eps^0.25 unless told, about 1.2e-4.
        ["vegan fisher-alpha"] = 1e-4,
        // Its quantile is 1.959963985.
        ["scikit-bio robbins low"] = 1e-9,
        ["scikit-bio robbins high"] = 1e-9,
        // SciPy 1.10 itself is off by up to 9e-7 where the counts are near a million (ours by 4e-13, both against mpmath).
        ["scikit-bio stability"] = 2e-6,
        // Factorials of millions by lgamma lose eight digits before they are subtracted.
        ["vegan rarefied-third"] = 1e-8,
        ["vegan rarefied-hundred"] = 1e-8,
        ["vegan rarefied-se-third"] = 1e-5,
    };

    [Fact]
    public async Task A_thousand_random_samples_agree_with_scikit_bio()
    {
        var samples = Samples();
        var factors = samples.Select((_, index) => 0.9 + index % 11 * 0.02).ToArray();
        var input = samples.Select((sample, index) => JsonSerializer.Serialize(new { counts = sample, factor = factors[index] }));
        var lines = await Run("/usr/bin/python3", ["-W", "ignore", "-c", ScikitBio], input);
        var worst = new Dictionary<string, (double Difference, int Compared)>();
        for (var i = 0; i < samples.Length; i++)
        {
            var counts = Counts.From(samples[i]);
            var theirs = JsonSerializer.Deserialize<Dictionary<string, double>>(lines[i])!;
            foreach (var (name, value) in theirs)
            {
                if (name == "stability")
                {
                    var threshold = AlphaDiversity.BergerParker(counts)!.Value * factors[i];
                    if (threshold <= 1) Compare("scikit-bio stability", value, Intervals.CountingStability(counts.Values[^1], counts.Total, threshold), worst, samples[i]);
                }
                else if (name.EndsWith(" sd", StringComparison.Ordinal))
                {
                    var metric = AlphaMetric.Find(name[..^3])!;
                    var high = metric.Value(counts, counts)!.Value + 1.959963984540054 * value;
                    Compare($"scikit-bio {name}", name == "simpson sd" ? Math.Min(1, high) : high, metric.Interval(counts)!.Value.High, worst, samples[i]);
                }
                else
                {
                    Compare($"scikit-bio {name}", value, Ours(name, counts), worst, samples[i]);
                    // The same numbers as shares.
                    if (AlphaMetric.Find(name) is { NeedsCounts: false } metric)
                        Compare($"scikit-bio {name}", value, metric.Value(RelativeAbundances.From(samples[i].Select(count => count / 7.0)), null), worst, samples[i]);
                }
            }
            // What it was not asked for is not defined here either, but for what is one of one taxon.
            foreach (var name in new[] { "margalef", "mcintosh-dominance", "pielou", "kempton-taylor", "ace", "fisher-alpha" }.Where(name => !theirs.ContainsKey(name)))
                Assert.Null(Ours(name, counts));
        }
        Print(worst);
    }

    [Fact]
    public async Task A_thousand_random_samples_agree_with_vegan()
    {
        var samples = Samples();
        var lines = await Run("Rscript", ["--vanilla", "-e", Vegan], samples.Select(sample => string.Join(' ', sample)));
        var worst = new Dictionary<string, (double Difference, int Compared)>();
        for (var i = 0; i < samples.Length; i++)
        {
            var theirs = lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(text => text == "NaN" ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture)).ToArray();
            Assert.Equal(VeganColumns.Length, theirs.Length);
            var counts = Counts.From(samples[i]);
            for (var column = 0; column < theirs.Length; column++)
            {
                var name = VeganColumns[column];
                // Without rare taxa and of singletons only its ACE is 0/0; of singletons only Fisher's alpha has no root, and on some samples its own search fails.
                if (double.IsNaN(theirs[column]) || (name == "fisher-alpha" && counts.Total == counts.Observed)) continue;
                var ours = name.Replace("third", $"{Math.Max(1, counts.Total / 3)}", StringComparison.Ordinal).Replace("hundred", $"{Math.Min(100, counts.Total)}", StringComparison.Ordinal);
                Compare($"vegan {name}", theirs[column], Ours(ours, counts), worst, samples[i]);
            }
        }
        Assert.All(VeganColumns, name => Assert.InRange(worst[$"vegan {name}"].Compared, name is "ace" or "fisher-alpha" or "rarefied-se-third" ? 500 : samples.Length, samples.Length));
        Print(worst);
    }

    private static double? Ours(string name, Counts counts) =>
        name.EndsWith(" low", StringComparison.Ordinal) ? AlphaMetric.Find(name[..^4])!.Interval(counts)!.Value.Low
        : name.EndsWith(" high", StringComparison.Ordinal) ? AlphaMetric.Find(name[..^5])!.Interval(counts)!.Value.High
        : AlphaMetric.Find(name)!.Value(counts, counts);

    private static void Compare(string name, double theirs, double? ours, Dictionary<string, (double Difference, int Compared)> worst, long[] sample)
    {
        var difference = ours is { } value ? Math.Abs(value - theirs) / Math.Max(1, Math.Abs(theirs)) : double.PositiveInfinity;
        if (!(difference <= Tolerances.GetValueOrDefault(name, 1e-12)))
            Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{name}: theirs {theirs:R}, ours {ours:R}, of {sample.Length} taxa: {string.Join(' ', sample.Take(40))}"));
        var (largest, compared) = worst.GetValueOrDefault(name);
        worst[name] = (Math.Max(largest, difference), compared + 1);
    }

    private static void Print(Dictionary<string, (double Difference, int Compared)> worst)
    {
        foreach (var (name, (difference, compared)) in worst.OrderByDescending(entry => entry.Value.Difference))
            TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}: worst {difference:0.0E+0} of {compared}, tolerance {Tolerances.GetValueOrDefault(name, 1e-12):0E+0}"));
    }

    // From 1 to 2,000 taxa and 1 to 10 million reads, in ten shapes: one read, one taxon, singletons only, all equal, a few, ties, no rare ones, one that swamps all, and long tails.
    private static long[][] Samples()
    {
        var random = new Random(20261124);
        var samples = new long[1000][];
        for (var i = 0; i < samples.Length; i++)
        {
            var taxa = (int)Math.Pow(2000, i % 7 == 0 ? 1 - random.NextDouble() * 0.1 : random.NextDouble());
            var largest = 1 + (long)Math.Pow(10, random.NextDouble() * Math.Log10(10_000_000.0 / taxa));
            var equal = random.NextInt64(1, largest + 1);
            long[] counts = (i % 10) switch
            {
                0 when i % 40 == 0 => [1],
                0 => [random.NextInt64(1, 10_000_000)],
                1 when i % 20 == 1 => [.. Enumerable.Repeat(1L, taxa)],
                1 => [.. Enumerable.Repeat(equal, taxa)],
                2 => [.. Enumerable.Range(0, 2 + taxa % 5).Select(_ => random.NextInt64(0, 30))],
                3 => [.. Enumerable.Range(0, taxa).Select(_ => (long)random.Next(0, 4))],
                4 => [.. Enumerable.Range(0, taxa).Select(_ => random.NextInt64(11, 12 + largest))],
                5 => [.. Enumerable.Range(0, taxa).Select(_ => random.NextInt64(1, 4)), 9_000_000],
                _ => [.. Enumerable.Range(0, taxa).Select(_ => random.NextDouble() < 0.3 ? random.Next(0, 4) : (long)Math.Pow(largest, random.NextDouble()))],
            };
            if (counts.All(count => count == 0)) counts[0] = 1;
            samples[i] = counts;
        }
        return samples;
    }

    internal static async Task<string[]> Run(string program, string[] arguments, IEnumerable<string> input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        Process? process = null;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip($"{program} is not installed");
        }
        using (process)
        {
            var output = process!.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            try
            {
                foreach (var line in input) await process.StandardInput.WriteLineAsync(line);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read everything: its output says why.
            }
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.SkipWhen(lines is [{ } first] && first.StartsWith("missing:", StringComparison.Ordinal), $"{program}: {lines.FirstOrDefault()}");
            Assert.True(process.ExitCode == 0, await errors);
            return lines;
        }
    }
}
