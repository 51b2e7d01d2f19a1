using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>Reads the small tables of the tests.</summary>
internal static class Tables
{
    public static TableReading Read(string text, string? format = null, string? taxonomy = null, SourceTable? source = null, ProfileLimits? limits = null) =>
        Read(Encoding.UTF8.GetBytes(text), format, taxonomy, source, limits);

    public static TableReading Read(byte[] content, string? format = null, string? taxonomy = null, SourceTable? source = null, ProfileLimits? limits = null) =>
        ProfileReader.ReadTable(content, new ProfileReadingOptions(format)
        {
            Taxonomy = taxonomy is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(taxonomy),
            Source = source,
        }, TaxonomyRelease.Shipped, limits ?? new ProfileLimits());

    /// <summary>The profiles of a table of which every sample is accepted; their packed form comes back as they are.</summary>
    public static TaxonomicProfile[] Profiles(TableReading table)
    {
        Assert.Empty(table.Content.Errors);
        return [.. table.Samples.Select(sample =>
        {
            var reading = sample.Read();
            Assert.Empty(reading.Errors);
            var profile = reading.Profile!;
            Assert.Equal(profile.NormalisedSha256(), ProfilePacking.Unpack(ProfilePacking.Pack(profile), TaxonomyRelease.Shipped).NormalisedSha256());
            return profile;
        })];
    }

    public static TaxonomicProfile[] Profiles(string text, string? format = null, string? taxonomy = null, SourceTable? source = null) =>
        Profiles(Read(text, format, taxonomy, source));

    /// <summary>The one code that a table is refused for.</summary>
    public static string Code(TableReading table) =>
        Assert.Single((table.Samples.Count == 0 ? table.Content.Errors : [.. table.Samples.SelectMany(s => s.Read().Errors)]).Select(e => e.Code).Distinct());

    /// <summary>What a taxon's row holds, with all below it; 0 where there is none.</summary>
    public static double Clade(this TaxonomicProfile profile, string name) => profile.Taxa.Where(t => t.Name == name).Sum(t => t.Clade);

    /// <summary>The identity of a profile but for the format that it came in.</summary>
    public static string Whatever(this TaxonomicProfile profile) => (profile with { Format = "any" }).NormalisedSha256();
}
