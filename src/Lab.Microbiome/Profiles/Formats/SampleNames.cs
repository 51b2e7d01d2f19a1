using System.Text.RegularExpressions;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The sample names in the header of a table.</summary>
internal static partial class SampleNames
{
    /// <summary>What mOTUs writes when it was told no name; merging such files gives the name twice.</summary>
    public const string Unnamed = "unnamed sample";

    /// <summary>Adds a sample to the table for each name; a name that could not be an accession leaves the sample without one.</summary>
    /// <param name="table">The table that the samples are added to.</param>
    /// <param name="names">In the order of the columns.</param>
    /// <param name="line">The header's line.</param>
    /// <param name="column">The column of the first name.</param>
    /// <param name="context">Where problems are noted.</param>
    public static void AddTo(AbundanceTable table, IReadOnlyList<string> names, int line, int column, ReaderContext context) =>
        AddTo(table, names, i => (line, column + i, null), context, name => name == Unnamed);

    /// <inheritdoc cref="AddTo(AbundanceTable, IReadOnlyList{string}, int, int, ReaderContext)"/>
    /// <param name="table">The table that the samples are added to.</param>
    /// <param name="names">In the order of the file.</param>
    /// <param name="place">Where a name stands.</param>
    /// <param name="context">Where problems are noted.</param>
    /// <param name="mayRepeat">The names that may stand twice; none where it is left out.</param>
    public static void AddTo(AbundanceTable table, IReadOnlyList<string> names, Func<int, (int? Line, int? Column, string? Pointer)> place, ReaderContext context,
        Predicate<string>? mayRepeat = null)
    {
        var problems = context.Problems;
        if (names.Count > context.Limits.MaxSamples)
        {
            problems.Refuse(ProfileRefusal.TooLarge, "too-many-samples", $"{names.Count} samples, more than {context.Limits.MaxSamples}.", "Send them in several tables.", place(0).Line);
            return;
        }

        var seen = new HashSet<string>();
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i].Trim();
            var (line, column, pointer) = place(i);
            if (name.Length == 0)
            {
                problems.Error("sample-id-empty", "The sample has no name.", "Name each sample by its accession.", line, column, pointer);
            }
            else if (name.Contains("..", StringComparison.Ordinal) && name.AsSpan().ContainsAny('/', '\\'))
            {
                problems.Error("sample-id-invalid", $"{ProblemList.Quote(name)} is no sample's name.", "Name each sample by its accession.", line, column, pointer);
            }
            else if (!seen.Add(name) && mayRepeat?.Invoke(name) != true)
            {
                problems.Error("duplicate-sample", $"The sample {ProblemList.Quote(name)} stands before already.", "Name each sample once.", line, column, pointer);
            }

            // What is wrong with the only sample is wrong with the content.
            table.Samples.Add(new TableSample(AsAccession(name), names.Count == 1 ? problems : new ProblemList(context.Limits.MaxProblems)));
        }
    }

    /// <summary>Adds a sample for each file that the rows name, in the order of the rows. Only the last part of a path is a name, and only where it is of
    /// one file.</summary>
    public static Dictionary<string, TableSample> AddFiles(AbundanceTable table, IEnumerable<string> paths, ReaderContext context)
    {
        string[] files = [.. paths.Distinct()];
        var samples = new Dictionary<string, TableSample>(files.Length);
        if (files.Length > context.Limits.MaxSamples)
        {
            context.Problems.Refuse(ProfileRefusal.TooLarge, "too-many-samples", $"{files.Length} samples, more than {context.Limits.MaxSamples}.", "Send them in several tables.");
            return samples;
        }

        var names = files.CountBy(FileName).ToDictionary();
        foreach (string file in files)
        {
            string name = FileName(file);
            samples[file] = new TableSample(names[name] == 1 ? AsAccession(name) : null, files.Length == 1 ? context.Problems : new ProblemList(context.Limits.MaxProblems));
            table.Samples.Add(samples[file]);
        }

        return samples;
    }

    /// <summary>The last part of a path.</summary>
    public static string FileName(string path) => path[(path.AsSpan().LastIndexOfAny('/', '\\') + 1)..].Trim();

    /// <summary>The name, where it could be an accession.</summary>
    public static string? AsAccession(string name) => Accession().IsMatch(name) ? name : null;

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Accession();
}
