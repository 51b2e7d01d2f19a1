using System.Collections.Immutable;

namespace Lab.Microbiome.Diversity;

/// <summary>What was done with zeros before the logarithm.</summary>
public enum ZeroTreatment
{
    /// <summary>A constant was added to every count.</summary>
    Pseudocount,
    /// <summary>Multiplicative replacement by 1/D².</summary>
    Replacement,
    /// <summary>They were left out of the centre and stand at it, at 0.</summary>
    AtTheCentre,
}

/// <summary>Centred log-ratios of one sample over a list of features: ln x less the mean of ln x (doi:10.1111/j.2517-6161.1982.tb01195.x). They add up to 0. No shares:
/// neither Bray-Curtis nor an entropy compiles on them.</summary>
public sealed class LogRatios
{
    private LogRatios(FeatureList features, ImmutableArray<double> values, ZeroTreatment zeros, double pseudocount)
    {
        Features = features;
        Values = values;
        Zeros = zeros;
        Pseudocount = pseudocount;
    }

    /// <summary>The features, in whose order the values stand.</summary>
    public FeatureList Features { get; }

    /// <summary>Log-ratio per feature, natural logarithm.</summary>
    public ImmutableArray<double> Values { get; }

    /// <summary>What was done with zeros; only what was treated alike can be compared.</summary>
    public ZeroTreatment Zeros { get; }

    /// <summary>What was added to every count; 0 for any other treatment.</summary>
    public double Pseudocount { get; }

    /// <summary>The log-ratios of counts with a constant added to every one of them (QIIME 2 adds 1). They depend on depth where there are zeros.</summary>
    /// <param name="counts">Reads per feature.</param>
    /// <param name="pseudocount">Above 0.</param>
    /// <returns>Null for an empty sample.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The constant is not above 0, or not finite.</exception>
    public static LogRatios? Of(CountVector counts, double pseudocount = 1)
    {
        ArgumentNullException.ThrowIfNull(counts);
        if (!(pseudocount > 0) || !double.IsFinite(pseudocount)) throw new ArgumentOutOfRangeException(nameof(pseudocount), pseudocount, "Must be above 0 and finite.");
        return counts.Total == 0 ? null : new(counts.Features, Centred([.. counts.Values.Select(v => v + pseudocount)]), ZeroTreatment.Pseudocount, pseudocount);
    }

    /// <summary>The log-ratios of shares whose zeros are replaced (<see cref="ShareVector.ReplaceZeros"/>, 1/D²).</summary>
    /// <returns>Null for an empty sample.</returns>
    public static LogRatios? Of(ShareVector shares)
    {
        ArgumentNullException.ThrowIfNull(shares);
        return shares.ReplaceZeros() is { } above ? new(above.Features, Centred(above.Values), ZeroTreatment.Replacement, 0) : null;
    }

    /// <summary>Robust centred log-ratios (doi:10.1128/mSystems.00016-19): the centre is the mean of ln x over what is above 0. A zero is not imputed: it stands at the
    /// centre, 0, as in vegan 2.6 (scikit-bio gives NaN there, vegan 2.7 completes the matrix from other samples).</summary>
    /// <returns>Null for an empty sample.</returns>
    public static LogRatios? Robust(ShareVector shares)
    {
        ArgumentNullException.ThrowIfNull(shares);
        return shares.Total == 0 ? null : new(shares.Features, Centred(shares.Values), ZeroTreatment.AtTheCentre, 0);
    }

    private static ImmutableArray<double> Centred(ImmutableArray<double> values)
    {
        var (sum, above) = (new CompensatedSum(), 0);
        foreach (var value in values)
        {
            if (value == 0) continue;
            sum.Add(Math.Log(value));
            above++;
        }
        var centre = sum.Value / above;
        return [.. values.Select(v => v == 0 ? 0 : Math.Log(v) - centre)];
    }
}
