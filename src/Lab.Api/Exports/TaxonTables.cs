using System.Runtime.CompilerServices;
using Lab.Api.Hosting;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;
using Lab.Microbiome.Taxonomy;

namespace Lab.Api.Exports;

/// <summary>A row of a table.</summary>
/// <param name="Id">The taxid, or the lineage where there is none.</param>
/// <param name="Taxid">NCBI taxid.</param>
/// <param name="Name">The current name.</param>
/// <param name="Lineage">From the domain down to the rank, a level each; what is not known has only its prefix.</param>
public sealed record MatrixTaxon(string Id, long? Taxid, string Name, IReadOnlyList<string> Lineage);

/// <summary>A column of a table: a report, and what it has of which row.</summary>
public sealed record MatrixSample(Guid Report, Guid Sample, string Accession, int Version, string Status, DateTimeOffset IssuedAt, IReadOnlyList<(int Taxon, double Value)> Values);

/// <summary>The tables behind the reports, at one rank: what <c>GET /v1/reports/{id}/taxa</c> has, with its rounding; rows of one taxid as their sum.</summary>
public sealed class TaxonTables(ExportedReports reports, ExportRequest request)
{
    private readonly TaxonomicRank rank = ExportRules.RankOf(request.Rank!);
    private readonly bool counts = request.Unit == ExportRules.Reads;
    private readonly Dictionary<string, int> places = [];

    public string Rank => request.Rank!;
    public string Unit => request.Unit!;

    /// <summary>The rows of all samples that were read, in the order in which they came up.</summary>
    public List<MatrixTaxon> Taxa { get; } = [];

    /// <exception cref="ProblemException">Reads were asked for and a sample has no integer counts.</exception>
    public async IAsyncEnumerable<MatrixSample> ReadAsync([EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var (sample, packed) in reports.ReadAsync("r.id, r.sample_id, s.accession, r.version, r.status, r.issued_at, p.packed", row => (
            new MatrixSample(row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetInt32(3), row.GetString(4), row.GetFieldValue<DateTimeOffset>(5), []), row.GetFieldValue<byte[]>(6)), cancellation))
        {
            yield return sample with { Values = Values(ProfilePacking.Unpack(packed, TaxonomyRelease.Shipped)) };
        }
    }

    private List<(int, double)> Values(TaxonomicProfile profile)
    {
        if (counts && !profile.HasCounts) throw new ProblemException(ProblemCodes.CountsMissing, "A sample has no integer read counts.");
        var composition = new Composition(profile);
        var values = new List<(int, double)>();
        foreach (var rows in composition.RowsAt(rank).Where(r => r.Clade > 0).GroupBy(r => r.Taxid is { } taxid ? $"{taxid}" : string.Join(';', Lineage(profile, r))))
        {
            // From the smallest upwards: the sum does not depend on the order of the file.
            var clade = rows.Select(r => r.Clade).Order().Sum();
            values.Add((Place(rows.Key, rows.First(), profile), counts ? clade : Significant.Reported(Math.Min(1, clade / composition.Denominator))));
        }
        return values;
    }

    private int Place(string id, ProfileTaxon row, TaxonomicProfile profile)
    {
        if (places.TryGetValue(id, out var place)) return place;
        places.Add(id, Taxa.Count);
        Taxa.Add(new MatrixTaxon(id, row.Taxid, row.Name, Lineage(profile, row)));
        return Taxa.Count - 1;
    }

    /// <summary>As the taxonomy has it; of a taxon that it does not know, as the file has it.</summary>
    private string[] Lineage(TaxonomicProfile profile, ProfileTaxon row)
    {
        var levels = new string?[(int)rank + 1];
        if (row.Taxid is { } taxid && TaxonomyRelease.Shipped.Lineage(taxid) is { IsEmpty: false } known)
        {
            foreach (var taxon in known) levels[(int)taxon.Rank < levels.Length ? (int)taxon.Rank : 0] = taxon.Name;
        }
        else
        {
            for (var above = row; ; above = profile.Taxa[above.Parent])
            {
                levels[(int)above.Rank < levels.Length ? (int)above.Rank : 0] ??= above.Name;
                if (above.Parent < 0) break;
            }
        }
        return [.. Enum.GetValues<TaxonomicRank>().Where(r => r is not (TaxonomicRank.None or TaxonomicRank.Kingdom) && r <= rank).Select(r => $"{LineageText.Prefix(r)}{levels[(int)r]}")];
    }
}
