using System.Globalization;
using Lab.Microbiome.Diversity;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Cohorts;

/// <summary>One measured thing of a cohort.</summary>
/// <param name="Kind">taxon, metric, ratio, guild, sum, or distance (between every two of its people).</param>
/// <param name="Id">The taxid of a taxon (empty where it has none), else the id.</param>
/// <param name="Rank">Of a taxon, or the rank at which a metric was computed; none elsewhere.</param>
/// <param name="Name">The name of a taxon, else the id.</param>
/// <param name="Prevalence">The share of the cohort with a value above 0 (defined, for ratios), 0 to 1.</param>
/// <param name="Distribution">Fractions of 0..1 for taxa and guilds, zeros included; for ratios over those for whom it is defined.</param>
public sealed record CohortEntry(string Kind, string Id, TaxonomicRank Rank, string Name, double Prevalence, Quantiles Distribution)
{
    private const double MostMissed = 0.05, MostReads = 1e12;
    private double carrierLow = double.NaN, readsToRuleOut = double.NaN;

    /// <summary>NCBI taxid of a taxon; null where it has none, and of anything else.</summary>
    public long? Taxid { get; } = Kind == "taxon" && long.TryParse(Id, NumberStyles.None, CultureInfo.InvariantCulture, out var taxid) ? taxid : null;

    /// <summary>Where 95 % surely the population's p2.5 lies; null where fewer than 146 people, or only published quantiles, say nothing of it.</summary>
    public Interval? LowLimitInterval { get; init; }

    /// <summary>The same for p97.5.</summary>
    public Interval? HighLimitInterval { get; init; }

    /// <summary>The fraction that 95 % of those who have it reach. Who reports nothing smaller than d misses the carriers below d: under 5 % of them where d is smaller than this.</summary>
    public double CarrierLow => double.IsNaN(carrierLow) ? carrierLow = OfCarriers(MostMissed) : carrierLow;

    /// <summary>How many classified reads it takes before none of them means absence: with more, under 5 % of those who have it would show none.</summary>
    /// <remarks>A carrier whose fraction is a shows no read among N with the chance (1 - a)^N, at most exp(-N a). Over the carriers of the cohort that is the mean
    /// of exp(-N a(u)) for u from 0 to 1, where a(u) is the quantile among those who have it: the cohort's quantile at the level 1 - prevalence + u prevalence.
    /// Between the levels of the file the quantiles are taken as linear, so each piece from a to b is (exp(-N a) - exp(-N b)) / (N (b - a)); the first starts at 0 where
    /// the file says nothing better. It is the chance to miss who has it and not the chance to have it: of what everybody has, no depth would ever show the absence.
    /// It knows carriers as the cohort's own method saw them, and reads as drawn independently. Infinite where nobody of the cohort has it.</remarks>
    public double ReadsToRuleOut => double.IsNaN(readsToRuleOut) ? readsToRuleOut = LeastReads() : readsToRuleOut;

    /// <summary>The chance that somebody who has it, taken from the cohort's carriers at random, shows none of it among some reads.</summary>
    /// <param name="reads">Classified reads, above 0.</param>
    /// <returns>0 to 1; 1 where nobody of the cohort has it.</returns>
    public double ChanceOfMissing(double reads)
    {
        if (Prevalence <= 0) return 1;
        var (chance, from, least) = (0.0, 0.0, OfCarriers(0));
        foreach (var (level, value) in Distribution.Levels.Zip(Distribution.Values).Append((1, Distribution.Values[^1])))
        {
            var to = Math.Min(1, (level - (1 - Prevalence)) / Prevalence);
            if (to <= from) continue;
            var (a, b) = (reads * least, reads * value);
            chance += (to - from) * (b - a < 1e-9 ? Math.Exp(-a) : (Math.Exp(-a) - Math.Exp(-b)) / (b - a));
            (from, least) = (to, value);
        }
        return Math.Min(1, chance);
    }

    private double OfCarriers(double share)
    {
        if (Prevalence <= 0) return 0;
        var (levels, values, level) = (Distribution.Levels, Distribution.Values, 1 - Prevalence + share * Prevalence);
        var above = 0;
        while (above < levels.Length && levels[above] < level) above++;
        if (above == levels.Length) return values[^1];
        // Up from 0 at the least of the carriers, where the level before is of somebody who has none of it or is not in the file.
        var (from, least) = above > 0 && values[above - 1] > 0 ? (levels[above - 1], values[above - 1]) : (1 - Prevalence, above == 0 && levels[0] <= 1e-9 ? values[0] : 0);
        return levels[above] - from < 1e-9 ? least : least + (values[above] - least) * (level - from) / (levels[above] - from);
    }

    private double LeastReads()
    {
        if (ChanceOfMissing(MostReads) >= MostMissed) return double.PositiveInfinity;
        var (few, enough) = (0L, (long)MostReads);
        while (enough - few > 1)
        {
            var middle = (few + enough) / 2;
            if (ChanceOfMissing(middle) < MostMissed) enough = middle;
            else few = middle;
        }
        return enough;
    }
}
