using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Lab.Microbiome.Tests.Reports;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>Chloroplasts and mitochondria, which the trees of 16S classifiers have among the bacteria.</summary>
public sealed class OrganelleTests
{
    private const string Cyanobacteria = "d__Bacteria;p__Cyanobacteria", Proteobacteria = "d__Bacteria;p__Proteobacteria;c__Alphaproteobacteria;o__Rickettsiales";

    [Theory]
    // SILVA 138, then Greengenes 13.8.
    [InlineData(Cyanobacteria + ";c__Cyanobacteriia;o__Chloroplast;f__Chloroplast;g__Chloroplast", Proteobacteria + ";f__Mitochondria;g__Mitochondria")]
    [InlineData("k__Bacteria;p__Cyanobacteria;c__Chloroplast;o__Streptophyta;f__;g__", "k__Bacteria;p__Proteobacteria;c__Alphaproteobacteria;o__Rickettsiales;f__mitochondria;g__")]
    public void They_are_food_and_host_outside_the_denominator(string chloroplast, string mitochondria)
    {
        var profile = People.MadeUp("reads", "816:600", "562:100", chloroplast + ":200", mitochondria + ":100");
        var composition = new Composition(profile);
        Assert.Equal(700, composition.Denominator);
        Assert.Equal(0.3, composition.HostFraction!.Value, 12);
        // Nor do they count for the phyla, orders and the domain that they stood in; and nothing of them is left at any rank.
        Assert.Equal(100, composition.RowsAt(TaxonomicRank.Phylum).Single(r => r.Taxid == 1224).Clade);
        Assert.Equal(700, composition.RowsAt(TaxonomicRank.Domain).Sum(r => r.Clade));
        foreach (var rank in Enum.GetValues<TaxonomicRank>()) Assert.InRange(composition.RowsAt(rank).Sum(r => r.Clade), 0, 700);
        Assert.Equal(100.0 / 700, People.Report(profile, "amplicon-16s").Ratios.Single(r => r.Id == "proteobacteria-share").Value!.Value, 12);
    }

    [Fact]
    public void Real_cyanobacteria_and_rickettsiales_stay()
    {
        var profile = People.MadeUp("reads", "816:600", Cyanobacteria + ";c__Vampirivibrionia;o__Gastranaerophilales:250", Proteobacteria + ";f__Rickettsiaceae;g__Rickettsia:150");
        Assert.Equal(1000, new Composition(profile).Denominator);
    }
}
