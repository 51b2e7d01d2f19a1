using Lab.Microbiome.FollowUp;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Tests.Profiles;

namespace Lab.Microbiome.Tests.FollowUp;

/// <summary>Pairs of real profiles of which it is known whether anything changed; the files lie beside the repository.</summary>
internal static class RealPairs
{
    /// <summary>Six people by Kraken 2, species by species, some two million reads each.</summary>
    public static TaxonomicProfile[] Shotgun()
    {
        SharedFixtures.Require();
        return [.. SharedFixtures.ReadTable("biom2_hdf5/kalixie_kraken-biom_6stool.biom").Samples.Select(s => s.Read().Profile!)];
    }

    /// <summary>Forty of 168 people by 16S against Greengenes, those of most reads.</summary>
    public static TaxonomicProfile[] Amplicon()
    {
        SharedFixtures.Require();
        return [.. SharedFixtures.ReadTable("qiime1_taxatable/taxatable.txt").Samples.Select(s => s.Read().Profile!).OrderByDescending(p => p.TotalReads).Take(40)];
    }

    /// <summary>44 samples of 30 people by MetaPhlAn 3, by the person in the name of the column.</summary>
    public static ILookup<string, TaxonomicProfile> Kefir()
    {
        SharedFixtures.Require();
        return SharedFixtures.ReadTable("metaphlan3_merged/all_metaphlan3.txt").Samples.OrderBy(s => s.Accession, StringComparer.Ordinal).ToLookup(s => s.Accession![..7], s => s.Read().Profile!);
    }

    public static MeasuredSample Measured(this TaxonomicProfile profile, string assay) => new(profile, Assay.Find(assay)!, Panel.Default);

    /// <summary>Each read of a specimen goes to one of two sequencings of it, or to neither: both are draws from the same people of bacteria.</summary>
    /// <param name="first">The share of the reads that the first gets.</param>
    /// <param name="second">The second's.</param>
    public static (TaxonomicProfile One, TaxonomicProfile Other) Split(TaxonomicProfile specimen, int seed, double first = 0.5, double second = 0.5)
    {
        var random = new Random(seed);
        var (one, other) = (new double[specimen.Taxa.Length], new double[specimen.Taxa.Length]);
        for (var row = 0; row < specimen.Taxa.Length; row++)
        {
            for (var read = 0; read < specimen.Taxa[row].Direct; read++)
            {
                var at = random.NextDouble();
                if (at < first) one[row]++;
                else if (at < first + second) other[row]++;
            }
        }
        return (With(specimen, one), With(specimen, other));
    }

    private static TaxonomicProfile With(TaxonomicProfile specimen, double[] direct)
    {
        var clades = (double[])direct.Clone();
        for (var row = clades.Length - 1; row > 0; row--)
        {
            if (specimen.Taxa[row].Parent >= 0) clades[specimen.Taxa[row].Parent] += clades[row];
        }
        return specimen with
        {
            Taxa = [.. specimen.Taxa.Select((taxon, row) => taxon with { Direct = direct[row], Clade = clades[row] })],
            TotalReads = null,
            Unclassified = null,
            Everything = direct.Sum(),
        };
    }
}
