using System.Text.RegularExpressions;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The sample names in the header of a table.</summary>
internal static partial class SampleNames
{
    // What mOTUs writes when it was told no name; merging such files gives the name twice.
    private const string Unnamed = "unnamed sample";

    /// <summary>Adds a sample to the table for each name; a name that could not be an accession leaves the sample without one.</summary>
    /// <param name="table">The table that the samples are added to.</param>
    /// <param name="names">In the order of the columns.</param>
    /// <param name="line">The header's line.</param>
    /// <param name="column">The column of the first name.</param>
    /// <param name="context">Where problems are noted.</param>
    public static void AddTo(AbundanceTable table, IReadOnlyList<string> names, int line, int column, ReaderContext context)
    {
        var problems = context.Problems;
        if (names.Count > context.Limits.MaxSamples)
        {
            problems.Refuse(ProfileRefusal.TooLarge, "too-many-samples", $"{names.Count} samples, more than {context.Limits.MaxSamples}.", "Send them in several tables.", line);
            return;
        }

        var seen = new Dictionary<string, int>();
        for (int i = 0; i < names.Count; i++)
        {
            string name = names[i].Trim();
            if (name.Length == 0)
            {
                problems.Error("sample-id-empty", "The column has no name.", "Name each sample by its accession.", line, column + i);
            }
            else if (name.Contains("..", StringComparison.Ordinal) && name.AsSpan().ContainsAny('/', '\\'))
            {
                problems.Error("sample-id-invalid", $"{ProblemList.Quote(name)} is no sample's name.", "Name each sample by its accession.", line, column + i);
            }
            else if (name != Unnamed && !seen.TryAdd(name, column + i))
            {
                problems.Error("duplicate-sample", $"The sample {ProblemList.Quote(name)} stands in column {seen[name]} already.", "Name each sample once.", line, column + i);
            }

            table.Samples.Add(new TableSample(AsAccession(name), new ProblemList(context.Limits.MaxProblems)));
        }
    }

    /// <summary>The name, where it could be an accession.</summary>
    public static string? AsAccession(string name) => Accession().IsMatch(name) ? name : null;

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Accession();
}
