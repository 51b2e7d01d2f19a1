using System.Collections.Immutable;

namespace Lab.Microbiome.Diversity;

/// <summary>Shares of the taxa of one sample at one rank, re-normalised to a sum of 1, zeros dropped, sorted upwards so that no result depends on
/// the order of the taxa.</summary>
public sealed class RelativeAbundances
{
    internal RelativeAbundances(ImmutableArray<double> values) => Values = values;

    /// <summary>The shares above 0, in ascending order; they add up to 1 within rounding, or there are none.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>How many taxa have a share above 0.</summary>
    public int Observed => Values.Length;

    /// <summary>Takes the abundances of the taxa in any order and any one unit (fraction, percent, estimated reads) and divides them by their sum.</summary>
    /// <param name="abundances">Abundance per taxon, each finite and at least 0.</param>
    /// <returns>The shares above 0; none when all are 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative or not finite, or the sum is not finite.</exception>
    public static RelativeAbundances From(IEnumerable<double> abundances)
    {
        var kept = new List<double>();
        foreach (var abundance in abundances)
        {
            if (!(abundance >= 0) || double.IsInfinity(abundance))
                throw new ArgumentOutOfRangeException(nameof(abundances), abundance, "An abundance must be finite and at least 0.");
            if (abundance > 0) kept.Add(abundance);
        }
        kept.Sort();
        var sum = new CompensatedSum();
        foreach (var abundance in kept) sum.Add(abundance);
        var total = sum.Value;
        if (!double.IsFinite(total)) throw new ArgumentOutOfRangeException(nameof(abundances), total, "The sum of the abundances must be finite.");
        // A share that underflows to 0 is dropped like any other zero: its logarithm is not finite.
        return new RelativeAbundances([.. kept.Select(abundance => abundance / total).Where(share => share > 0)]);
    }
}
