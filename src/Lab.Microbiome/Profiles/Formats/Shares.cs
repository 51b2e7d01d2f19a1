using System.Globalization;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Checks that shares add up to no more than everything, and that they are what the unit says.</summary>
internal static class Shares
{
    private const double Tolerance = 0.005;

    /// <param name="unit">Counts are not checked.</param>
    /// <param name="sum">The sum of disjoint shares, or of one rank, with what is not classified; 1 is everything.</param>
    /// <param name="rank">The rank that was summed; null where rows are disjoint.</param>
    /// <param name="problems">Where it is said.</param>
    public static void Check(AbundanceUnit unit, double sum, string? rank, ProblemList problems)
    {
        if (unit is AbundanceUnit.Reads or AbundanceUnit.EstimatedReads || sum <= 1 + Tolerance)
        {
            return;
        }

        problems.Error("rank-sum-out-of-range", string.Create(CultureInfo.InvariantCulture, $"{(rank is null ? "The values sum" : $"Rank {rank} sums")} to {100 * sum:0.###} %."),
            rank is null ? "Fractions sum to 1 at most, percent to 100." : "A rank sums to 100 % at most.");
    }

    /// <summary>Whether percentages look like fractions, or leave much unsaid.</summary>
    /// <param name="unit">What the numbers are said to be.</param>
    /// <param name="largest">The largest sum that any rank (or the disjoint rows together) has.</param>
    /// <param name="problems">Where it is said.</param>
    public static void CheckLargest(AbundanceUnit unit, double largest, ProblemList problems)
    {
        if (unit == AbundanceUnit.Percent && largest is > 0.005 and < 0.015)
        {
            problems.Error("unit-ambiguous", "Every rank sums to about 1: these look like fractions, where percent is meant.", "Send the file as the program wrote it.");
        }
        else if (unit is AbundanceUnit.Percent or AbundanceUnit.Fraction && largest < 0.99)
        {
            problems.Warning("rank-sum-below-100", string.Create(CultureInfo.InvariantCulture, $"No rank sums to more than {100 * largest:0.##} %."), "The rest is unassigned.");
        }
    }
}
