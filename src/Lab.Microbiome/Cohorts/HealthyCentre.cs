using Lab.Microbiome.Diversity;

namespace Lab.Microbiome.Cohorts;

/// <summary>The average composition of a cohort's people, and how far from it a sample lies. It stands for the median of a sample's distances to the people themselves (dysbiosis after
/// doi:10.1038/s41586-019-1237-9), which would need their profiles: the average of hundreds of people is nobody's.</summary>
/// <remarks>Shares are of what is found at the lowest rank of the assay, by taxon; what fewer than <see cref="CohortBuilder.LeastPrevalence"/> of the people have is one share
/// together. Bray-Curtis and not Aitchison: in log-ratios the many taxa that a sample has not are alike, so that an overgrown sample would lie near everybody (docs/decisions).</remarks>
public sealed class HealthyCentre
{
    /// <summary>The name of the distance, beside those of <see cref="AlphaMetric"/>.</summary>
    public const string Metric = "distance-to-healthy";

    /// <summary>The name of all taxa together that the centre does not list.</summary>
    public const string Others = "";

    private HealthyCentre(ShareVector shares) => Shares = shares;

    /// <summary>The mean share of each listed taxon, by its taxid or, without one, its name, and of <see cref="Others"/>.</summary>
    public ShareVector Shares { get; }

    /// <summary>The centre that a cohort's file has.</summary>
    /// <param name="shares">Per taxon, and of <see cref="Others"/>.</param>
    /// <exception cref="ArgumentException">A taxon comes twice.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A share is negative or not finite.</exception>
    public static HealthyCentre From(IReadOnlyCollection<KeyValuePair<string, double>> shares) =>
        new(ShareVector.From(FeatureList.Of([.. shares.Select(share => share.Key), Others]), shares));

    /// <summary>The Bray-Curtis dissimilarity (<see cref="BetaDiversity.BrayCurtis(ShareVector, ShareVector)"/>) of a sample and the centre: 0 to 1.</summary>
    /// <param name="sample">Abundance per taxon, by its taxid or, without one, its name, in any one unit; a taxon may come in parts.</param>
    /// <returns>Null where nothing is above 0.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A value is negative or not finite.</exception>
    public double? Distance(IEnumerable<KeyValuePair<string, double>> sample)
    {
        var shares = LaidOut(Shares.Features, sample);
        return shares.Total == 0 ? null : BetaDiversity.BrayCurtis(shares, Shares);
    }

    // From the smallest upwards: no sum depends on the order of a file.
    internal static ShareVector LaidOut(FeatureList features, IEnumerable<KeyValuePair<string, double>> sample) => ShareVector.From(features,
        sample.GroupBy(taxon => features.Has(taxon.Key) ? taxon.Key : Others, taxon => taxon.Value).Select(taxon => KeyValuePair.Create(taxon.Key, taxon.Order().Sum())));
}
