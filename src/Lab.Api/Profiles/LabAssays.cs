using System.Collections.Concurrent;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Reports;
using Lab.Api.Storage;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;

namespace Lab.Api.Profiles;

/// <summary>The assays that ship and the lab's own. Of one request: each definition is read once, however many samples name it.</summary>
public sealed class LabAssays(LabDatabase database, ReferenceLibrary library)
{
    private readonly ConcurrentDictionary<string, Assay?> known = new(StringComparer.Ordinal);

    /// <summary>By id; null when there is none.</summary>
    public async Task<Assay?> FindAsync(string id, CancellationToken cancellation)
    {
        if (Assay.Find(id) is { } shipped) return shipped;
        if (!known.TryGetValue(id, out var own)) known[id] = own = await ReadAsync(id, cancellation);
        return own;
    }

    private async Task<Assay?> ReadAsync(string id, CancellationToken cancellation)
    {
        await using var command = database.App.CreateCommand("SELECT definition::text FROM lab.assay WHERE id = $1");
        command.Parameters.Add(new() { Value = id });
        return await command.ExecuteScalarAsync(cancellation) is string own ? ReportInputs.Read<Assay>(own) : null;
    }

    /// <summary>How the instrument of a named assay writes its tables; null where no assay is named, or it is of a program's format.</summary>
    public async Task<SourceTable?> SourceAsync(string? assay, CancellationToken cancellation) => assay is null ? null : (await FindAsync(assay, cancellation))?.Source;

    /// <summary>All of them, the lab's own last.</summary>
    public async Task<List<Assay>> ListAsync(CancellationToken cancellation)
    {
        List<Assay> assays = [.. Assay.Shipped];
        await using var command = database.App.CreateCommand("SELECT definition::text FROM lab.assay ORDER BY id");
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation)) assays.Add(ReportInputs.Read<Assay>(reader.GetString(0)));
        return assays;
    }

    /// <summary>What a profile is read with: checked when it is asked for, so that no job fails for a typing error.</summary>
    /// <exception cref="ProblemException">The assay is not known or not named; the panel or cohort is not known.</exception>
    public async Task<Interpretation> InterpretAsync(TaxonomicProfile profile, string? assay, string? panel, string? cohort, CancellationToken cancellation)
    {
        var id = assay ?? profile.DeclaredAssay ?? Assay.Shipped.FirstOrDefault(a => a.Formats.Contains(profile.Format))?.Id
            ?? throw new ProblemException(ProblemCodes.AssayMissing, $"The format {profile.Format} does not tell how the sample was measured.");
        var known = await FindAsync(id, cancellation) ?? throw new ProblemException(ProblemCodes.AssayUnknown, "The assay is not known.");
        var rules = panel is null ? Panel.Default : await library.FindPanelAsync(panel, cancellation) ?? throw new ProblemException(ProblemCodes.PanelUnknown, "The panel is not known.");
        if (cohort is null) return new(known, rules, null);
        var named = await library.FindCohortAsync(cohort, cancellation) ?? throw new ProblemException(ProblemCodes.CohortUnknown, "The cohort is not known.");
        // The version that is newest now, whatever is published before it is analysed.
        return new(known, rules, named.Ref);
    }
}
