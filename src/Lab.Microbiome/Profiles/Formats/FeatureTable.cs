namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A row of a table as the file names it: a sequence variant, a cluster, a taxon.</summary>
/// <param name="Id">What is unique in the table.</param>
/// <param name="Lineage">What the file says that it is; null where it says nothing beside the id.</param>
/// <param name="Line">Its line; 0 where features have none.</param>
/// <param name="Pointer">The JSON Pointer of its id, for JSON.</param>
internal sealed record Feature(string Id, string? Lineage, int Line, string? Pointer = null)
{
    /// <summary>The column of the id, where features are columns.</summary>
    public int Column { get; init; } = 1;
}

/// <summary>A table of features and samples while it is read. Its numbers show their unit, and its features their taxa, only when all of it was read.</summary>
internal sealed class FeatureTable(string format, ReaderContext context)
{
    // Real tables of fractions have samples that were filtered; the one that was filtered least shows what they are of.
    private const double Whole = 1.005;
    private const double Nearly = 0.9;

    private readonly HashSet<string> ids = [];
    private readonly List<Feature> features = [];
    private bool counts = true;
    private int numbers;

    /// <summary>The samples, and later the taxa.</summary>
    public AbundanceTable Table { get; } = new() { Format = format, Unit = AbundanceUnit.Reads, Aggregation = Aggregation.Disjoint };

    public IReadOnlyList<Feature> Features => features;

    /// <summary>Whether all numbers so far are whole.</summary>
    public bool AreCounts => counts;

    /// <summary>The place of a feature; notes a problem where its id stands in the table already.</summary>
    public int Add(Feature feature)
    {
        if (!ids.Add(feature.Id))
        {
            context.Problems.Error("duplicate-taxon", $"{ProblemList.Quote(feature.Id)} stands in the table already.", "Are these two tables in one?",
                feature.Line > 0 ? feature.Line : null, feature.Line > 0 ? feature.Column : null, feature.Pointer);
        }

        features.Add(feature);
        return features.Count - 1;
    }

    /// <summary>Adds a number, 0 or more. False, and a problem, when there are more than a table may have.</summary>
    public bool Add(int feature, int sample, double value)
    {
        if (value == 0)
        {
            return true;
        }

        if (++numbers > context.Limits.MaxValues)
        {
            context.Problems.Refuse(ProfileRefusal.TooLarge, "too-many-values", $"More than {context.Limits.MaxValues} numbers above 0.", "Send the samples in several tables.");
            return false;
        }

        double nearest = Math.Round(value);
        counts &= nearest > 0 && Math.Abs(value - nearest) < 1e-9;
        Table.Samples[sample].Add(feature, value);
        return true;
    }

    /// <summary>Whether a feature has two numbers in one sample.</summary>
    public bool HasCellsTwice()
    {
        int[] seen = new int[features.Count];
        for (int s = 0; s < Table.Samples.Count; s++)
        {
            for (int i = 0; i < Table.Samples[s].Count; i++)
            {
                int feature = Table.Samples[s][i].Taxon;
                if (seen[feature] == s + 1)
                {
                    return true;
                }

                seen[feature] = s + 1;
            }
        }

        return false;
    }

    /// <summary>What the numbers are, by the sums of the samples; null where these do not tell.</summary>
    public AbundanceUnit? Unit()
    {
        double largest = Table.Samples.Count == 0 ? 0 : Table.Samples.Max(s => s.Sum);
        return counts ? AbundanceUnit.Reads
            : largest is >= Nearly and <= Whole ? AbundanceUnit.Fraction
            : largest is >= 100 * Nearly and <= 100 * Whole ? AbundanceUnit.Percent : null;
    }

    /// <summary>The samples, with the features of one taxon added up.</summary>
    /// <param name="taxa">For each feature its taxon; null where it is not classified.</param>
    /// <param name="unit">What the numbers are.</param>
    public IReadOnlyList<SampleSource> Sources(IReadOnlyList<TableTaxon?> taxa, AbundanceUnit unit)
    {
        int[] places = [.. taxa.Select(t => t is null ? -1 : Table.Collapse(t))];
        double[] sums = new double[Table.Taxa.Count];
        Table.Unit = unit;
        for (int i = 0; i < taxa.Count; i++)
        {
            // Where features of several taxids have one lineage the lineage is all that they have in common.
            if (places[i] >= 0 && Table.Taxa[places[i]] is { Taxid: not null } first && first.Taxid != taxa[i]!.Taxid)
            {
                Table.Taxa[places[i]] = first with { Taxid = null };
            }
        }

        foreach (var sample in Table.Samples)
        {
            sample.Collapse(places, counts && unit == AbundanceUnit.Reads, sums);
        }

        return Table.Sources();
    }
}
