using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Cohorts;

/// <summary>What is wrong with a cohort's file.</summary>
/// <param name="Line">Counted from 1.</param>
/// <param name="Column">The cell, counted from 1; null where it is the whole line.</param>
/// <param name="Message">What.</param>
public sealed record CohortProblem(int Line, int? Column, string Message)
{
    /// <summary>All, in one line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"line {Line}: {Message}");
}

/// <summary>Reads a cohort's file and accepts nothing that it would not use: docs/cohort-format.md describes the format.</summary>
public sealed partial class CohortReader
{
    /// <summary>More problems than these are not listed.</summary>
    public const int MostProblems = 100;

    private static readonly string[] Head = ["lab-cohort", "id", "version", "n", "population-en", "population-nl", "platform", "region", "profiler", "database-family", "source", "doi", "licence",
        "note-en", "note-nl"], Optional = ["panel", "stratum"], Fixed = ["kind", "id", "rank", "name", "prevalence"],
        Intervals = ["ci95-low-0.025", "ci95-high-0.025", "ci95-low-0.975", "ci95-high-0.975"], Kinds = ["metric", "ratio", "guild", "sum", "taxon", "distance", "centre", "rule"];

    private readonly List<CohortProblem> problems = [];
    private readonly Dictionary<string, (string Value, int Line)> head = new(StringComparer.Ordinal);
    private readonly ImmutableArray<CohortEntry>.Builder entries = ImmutableArray.CreateBuilder<CohortEntry>();
    private readonly HashSet<(string, string)> named = [];
    private readonly Dictionary<string, double> rates = new(StringComparer.Ordinal), centre = new(StringComparer.Ordinal);
    private ImmutableArray<double> levels = [];
    private bool hasIntervals, broken;
    private int line, n, minimum;

    private CohortReader()
    {
    }

    /// <summary>Reads a file.</summary>
    /// <returns>The cohort, or what is wrong with it, in the order of the file, at most <see cref="MostProblems"/>.</returns>
    public static (ReferenceCohort? Cohort, ImmutableArray<CohortProblem> Problems) Read(byte[] file) => Read(file, CohortBuilder.MinimumPeople);

    internal static (ReferenceCohort? Cohort, ImmutableArray<CohortProblem> Problems) Read(byte[] file, int minimum)
    {
        ArgumentNullException.ThrowIfNull(file);
        var reader = new CohortReader { minimum = minimum };
        try
        {
            using var text = new StreamReader(new MemoryStream(file), new UTF8Encoding(false, throwOnInvalidBytes: true));
            while (reader.problems.Count < MostProblems && !reader.broken && text.ReadLine() is { } next)
            {
                reader.line++;
                reader.ReadLine(next);
            }
        }
        catch (DecoderFallbackException)
        {
            reader.problems.Add(new(reader.line + 1, null, "The file is not UTF-8."));
        }
        reader.That(file.Length == 0 || file[^1] == (byte)'\n' || reader.broken, null, "The last line has no end: was the file written completely?");
        var cohort = reader.problems.Count < MostProblems ? reader.Whole(file) : null;
        return reader.problems.Count > 0 ? (null, [.. reader.problems.OrderBy(p => p.Line).Take(MostProblems)]) : (cohort, []);
    }

    private void ReadLine(string text)
    {
        if (text.StartsWith('#'))
        {
            var colon = text.IndexOf(": ", StringComparison.Ordinal);
            var key = colon > 2 ? text[2..colon] : "";
            if (That(text.StartsWith("# ", StringComparison.Ordinal) && colon > 2 && levels.IsEmpty, null, "A line of the head is '# key: value', and stands before the table.")
                && That(Head.Contains(key) || Optional.Contains(key), null, $"The head knows no '{key}'.") && That(!string.IsNullOrWhiteSpace(text[(colon + 2)..]), null, $"'{key}' says nothing."))
            {
                That(head.TryAdd(key, (text[(colon + 2)..], line)), null, $"'{key}' stands twice.");
            }
            return;
        }
        var cells = text.Split('\t');
        if (levels.IsEmpty) ReadTitles(cells);
        else if (cells[0] is "rule" or "centre") ReadShare(cells);
        else ReadEntry(cells);
    }

    private void ReadTitles(string[] cells)
    {
        n = Whole("n") ?? 0;
        var before = problems.Count;
        if (That(cells.Take(5).SequenceEqual(Fixed), null, $"The titles of the table begin with {string.Join(", ", Fixed)}, with tabs between them."))
        {
            var titles = cells[5..].TakeWhile(c => !c.StartsWith("ci95-", StringComparison.Ordinal)).ToArray();
            var rest = cells[(5 + titles.Length)..];
            hasIntervals = rest.Length > 0;
            That(rest.Length == 0 || rest.SequenceEqual(Intervals), 6 + titles.Length, $"After the levels stands nothing, or {string.Join(", ", Intervals)}.");
            levels = [.. titles.Select((t, i) => Number(t, 6 + i, 0, 1) ?? double.NaN)];
            That(levels.Length > 0 && levels.Zip(levels.Skip(1)).All(p => p.First < p.Second) && levels[0] <= 0.025 && levels[^1] >= 0.975, 6, "The levels rise, from 0.025 or less to 0.975 or more.");
        }
        // Without them no line below can be read.
        broken = problems.Count > before;
    }

    /// <summary>A mean share, or the rate of a rule: in place of the prevalence, and nothing after it.</summary>
    private void ReadShare(string[] cells)
    {
        if (!That(cells.Length == 5, null, $"A line of the kind {cells[0]} has 5 cells.") || Number(cells[4], 5, 0, 1) is not { } share) return;
        if (cells[0] == "rule")
        {
            That(RuleName().IsMatch(cells[1]), 2, "A rule is named as panel@version#code.");
            That(rates.TryAdd(cells[1], share), 2, "The rule stands twice.");
            return;
        }
        That(cells[1].Length == 0 || long.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out _), 2, "A taxid is a whole number, or nothing.");
        That(centre.TryAdd(cells[1].Length > 0 ? cells[1] : cells[3], share), 2, "The taxon stands twice in the centre.");
    }

    private void ReadEntry(string[] cells)
    {
        if (!That(Kinds.Contains(cells[0]), 1, $"The kind is none of {string.Join(", ", Kinds)}.")) return;
        var (most, least) = (5 + levels.Length + (hasIntervals ? 4 : 0), 5 + levels.Length);
        if (!That(cells.Length >= least && cells.Length <= most, null, string.Create(CultureInfo.InvariantCulture, $"The line has {cells.Length} cells and not {most}."))) return;
        var (kind, id) = (cells[0], cells[1]);
        var fraction = kind is "taxon" or "guild" or "sum";
        var parsed = RankName.Parse(cells[2]);
        if (!That(parsed is not null, 3, "The rank is not known.")) return;
        var rank = parsed!.Value;
        if (kind == "taxon")
        {
            That(id.Length == 0 || (long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var taxid) && taxid > 0), 2, "A taxid is a whole number from 1 up, or nothing.");
            That(cells[3].Length > 0 && rank != TaxonomicRank.None, 4, "A taxon has a name and a rank.");
        }
        else
        {
            That(Code().IsMatch(id), 2, "An id is letters, digits and hyphens.");
            That(kind != "metric" || id == HealthyCentre.Metric || AlphaMetric.Find(id) is not null, 2, "The metric is not known.");
            That(named.Add((kind, id)), 2, $"The {kind} stands twice.");
        }
        var prevalence = Number(cells[4], 5, 0, 1);
        var values = cells[5..least].Select((cell, i) => Number(cell, 6 + i, kind == "metric" ? double.MinValue : 0, fraction ? 1 : double.MaxValue)).ToArray();
        if (prevalence is not { } share || values.Any(v => v is null)) return;
        ImmutableArray<double> quantiles = [.. values.OfType<double>()];
        var falls = quantiles.Zip(quantiles.Skip(1)).Index().FirstOrDefault(p => p.Item.First > p.Item.Second, (-1, default)).Item1;
        if (!That(falls < 0, 7 + falls, "The quantiles fall.")) return;
        var present = quantiles.Index().FirstOrDefault(q => q.Item > 0, (-1, 0)).Item1;
        // Who is above 0 from some level on are at least the rest, but for one person and rounding.
        That(!fraction || present < 0 || n < 1 || share + levels[present] >= 1 - 1.0 / n - 1e-3, 5, "Fewer have it than the quantiles say.");
        var limits = cells[least..].Select((cell, i) => cell.Length == 0 ? null : Number(cell, least + 1 + i, double.MinValue, double.MaxValue)).ToArray();
        entries.Add(new(kind, id, rank, cells[3], share, new(levels, quantiles))
        {
            LowLimitInterval = limits is [{ } a, { } b, ..] ? Between(a, b, least + 1) : null,
            HighLimitInterval = limits is [_, _, { } c, { } d] ? Between(c, d, least + 3) : null,
        });
    }

    private Interval? Between(double low, double high, int column) => That(low <= high, column, "The interval ends before it begins.") ? new Interval(low, high) : null;

    private ReferenceCohort? Whole(byte[] file)
    {
        line = Math.Max(1, line);
        foreach (var key in Head.Where(key => !head.ContainsKey(key))) problems.Add(new(1, null, $"The head has no '{key}'."));
        That(entries.Count > 0 || broken, null, "The table is empty.");
        if (problems.Count > 0) return null;
        At("lab-cohort", Text("lab-cohort") == "1", "is 1");
        At("id", Name().IsMatch(Text("id")), "has 1 to 64 letters, digits and . _ : -");
        At("version", Whole("version") >= 1, "is a whole number from 1 up");
        At("n", n >= minimum, string.Create(CultureInfo.InvariantCulture, $"is {minimum} or more"));
        At("platform", Enum.TryParse<Platform>(Text("platform"), ignoreCase: true, out var platform) && Enum.IsDefined(platform), "is shotgun or amplicon");
        At("panel", Text("panel", "a@1") is var made && PanelName().IsMatch(made), "is named as id@version");
        var sum = centre.Values.Sum();
        That(centre.Count == 0 || (centre.ContainsKey(HealthyCentre.Others) && Math.Abs(sum - 1) < 1e-3), null, "The shares of the centre add up to 1, with a last line without a taxon for all others.");
        if (problems.Count > 0) return null;
        return new ReferenceCohort
        {
            Id = Text("id"),
            Version = Whole("version")!.Value,
            N = n,
            Population = new(Text("population-en"), Text("population-nl")),
            Platform = platform,
            Region = Text("region") is "-" ? null : Text("region"),
            Profiler = Text("profiler"),
            DatabaseFamily = Text("database-family"),
            Source = Text("source"),
            Doi = Text("doi"),
            Licence = Text("licence"),
            Note = new(Text("note-en"), Text("note-nl")),
            Panel = Text("panel", Panel.Default.Ref),
            Stratum = head.TryGetValue("stratum", out var stratum) ? stratum.Value : null,
            RuleRates = rates.ToFrozenDictionary(),
            Entries = entries.ToImmutable(),
            Centre = centre.Count > 0 ? HealthyCentre.From(centre) : null,
            Digest = Convert.ToHexStringLower(SHA256.HashData(file)),
        };
    }

    private string Text(string key, string otherwise = "") => head.TryGetValue(key, out var value) ? value.Value : otherwise;

    private int? Whole(string key) => int.TryParse(Text(key), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private void At(string key, bool holds, string message)
    {
        if (!holds) problems.Add(new(head.TryGetValue(key, out var value) ? value.Line : 1, null, $"'{key}' {message}."));
    }

    private bool That(bool holds, int? column, string message)
    {
        if (!holds && problems.Count < MostProblems) problems.Add(new(line, column, message));
        return holds;
    }

    private double? Number(string cell, int column, double least, double most)
    {
        var read = double.TryParse(cell, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number);
        return That(read && number >= least && number <= most, column,
            most == 1 ? "The cell is no number of 0 to 1." : least == 0 ? "The cell is no number from 0 up." : "The cell is no number.") ? number : null;
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\z")]
    private static partial Regex Name();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9-]{0,63}\z")]
    private static partial Regex Code();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,63}@[1-9][0-9]{0,8}\z")]
    private static partial Regex PanelName();

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,63}@[1-9][0-9]{0,8}#[A-Za-z0-9-]{1,64}\z")]
    private static partial Regex RuleName();
}
