using System.Text.Json;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Reports;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Taxonomy;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using NpgsqlTypes;

namespace Lab.Api.Profiles;

/// <summary>How a sample is measured.</summary>
public sealed record AssayDetails
{
    public required string Id { get; init; }
    /// <summary>shotgun or amplicon.</summary>
    public required string Platform { get; init; }
    public required string? Region { get; init; }
    public required string Profiler { get; init; }
    public required string DatabaseFamily { get; init; }
    public required IReadOnlyList<string> Kingdoms { get; init; }
    public required string Unit { get; init; }
    /// <summary>The rank at which diversity is computed.</summary>
    public required string LowestRank { get; init; }
    public required long MinimumReads { get; init; }
    public required double? UnclassifiedLimit { get; init; }
    /// <summary>How the instrument writes its tables; null where they are of a program's format.</summary>
    public required AssaySource? Source { get; init; }
    /// <summary>The formats whose uploads default to it; an assay of the lab's own is named by the upload.</summary>
    public required IReadOnlyList<string> Formats { get; init; }

    public static AssayDetails Of(Assay assay) => new()
    {
        Id = assay.Id,
        Platform = Names.Of(assay.Platform),
        Region = assay.Region,
        Profiler = assay.Profiler,
        DatabaseFamily = assay.DatabaseFamily,
        Kingdoms = assay.Kingdoms,
        Unit = Names.Of(assay.Unit),
        LowestRank = Names.Of(assay.LowestRank),
        MinimumReads = assay.MinimumReads,
        UnclassifiedLimit = assay.UnclassifiedLimit,
        Source = assay.Source is { } source ? AssaySource.Of(source) : null,
        Formats = assay.Formats,
    };
}

/// <summary>How an instrument writes its tables, where they are of no program's format. Without a value column every other column is a sample.</summary>
public sealed record AssaySource
{
    private static readonly Dictionary<string, char> Separators = new() { ["tab"] = '\t', ["comma"] = ',', ["semicolon"] = ';' };
    private static readonly Dictionary<string, char> DecimalSigns = new() { ["point"] = '.', ["comma"] = ',' };

    /// <summary>Between the cells: tab, comma or semicolon.</summary>
    public required string Separator { get; init; }
    /// <summary>point or comma.</summary>
    public required string DecimalSign { get; init; }
    /// <summary>The title of the column of names or lineages.</summary>
    public required string TaxonColumn { get; init; }
    /// <summary>The title of the column of numbers; null where every sample has a column.</summary>
    public string? ValueColumn { get; init; }
    /// <summary>The title of the column of NCBI taxids; null where there is none.</summary>
    public string? TaxidColumn { get; init; }
    /// <summary>The title of the column of samples, where they stand below each other; else null.</summary>
    public string? SampleColumn { get; init; }

    public static AssaySource Of(SourceTable source) => new()
    {
        Separator = Separators.Single(s => s.Value == source.Separator).Key,
        DecimalSign = DecimalSigns.Single(s => s.Value == source.DecimalSign).Key,
        TaxonColumn = source.TaxonColumn,
        ValueColumn = source.ValueColumn,
        TaxidColumn = source.TaxidColumn,
        SampleColumn = source.SampleColumn,
    };

    /// <summary>What the reader needs; notes what cannot be right.</summary>
    public SourceTable Checked(AbundanceUnit unit, Action<bool, string, string, string> demand)
    {
        demand(Separators.ContainsKey(Separator), "/source/separator", "The word is not known.", $"Known: {string.Join(", ", Separators.Keys)}.");
        demand(DecimalSigns.ContainsKey(DecimalSign), "/source/decimalSign", "The word is not known.", $"Known: {string.Join(", ", DecimalSigns.Keys)}.");
        demand((Separator, DecimalSign) != ("comma", "comma"), "/source/decimalSign", "A comma cannot be both.", "Let the instrument write semicolons or tabs between the cells.");
        foreach (var (pointer, title) in new[] { ("taxonColumn", TaxonColumn), ("valueColumn", ValueColumn), ("taxidColumn", TaxidColumn), ("sampleColumn", SampleColumn) })
        {
            demand(title is null or { Length: > 0 and <= 100 }, $"/source/{pointer}", "A title has 1 to 100 characters.", "Leave it out where there is no such column.");
        }
        demand(SampleColumn is null || ValueColumn is not null, "/source/sampleColumn", "Samples that stand below each other have one column of values.", "Name it as valueColumn.");
        return new(Separators.GetValueOrDefault(Separator), DecimalSigns.GetValueOrDefault(DecimalSign), unit, TaxonColumn)
        {
            ValueColumn = ValueColumn,
            TaxidColumn = TaxidColumn,
            SampleColumn = SampleColumn,
        };
    }
}

/// <summary>How the lab itself measures.</summary>
public sealed record AssayDefinition
{
    /// <summary>shotgun or amplicon.</summary>
    public required string Platform { get; init; }
    /// <summary>The amplified region, such as V4; null for shotgun.</summary>
    public string? Region { get; init; }
    /// <summary>The program with its major version: it decides which cohorts are of the same method.</summary>
    public required string Profiler { get; init; }
    /// <summary>The family of its reference database, such as SILVA.</summary>
    public required string DatabaseFamily { get; init; }
    /// <summary>What it can see: Bacteria, Archaea, Fungi, Viruses.</summary>
    public required IReadOnlyList<string> Kingdoms { get; init; }
    /// <summary>reads, fraction or percent.</summary>
    public required string Unit { get; init; }
    /// <summary>species or genus: the rank at which diversity is computed.</summary>
    public required string LowestRank { get; init; }
    /// <summary>Classified reads below which the quality fails.</summary>
    public required long MinimumReads { get; init; }
    /// <summary>Unclassified fraction above which the quality warns, 0 to 1; null: it says nothing.</summary>
    public double? UnclassifiedLimit { get; init; }
    /// <summary>How the instrument writes its tables; null where they are of a program's format. An upload that names the assay is read so.</summary>
    public AssaySource? Source { get; init; }
}

/// <summary>Lists the assays.</summary>
public static class ListAssays
{
    public static async Task<Ok<Page<AssayDetails>>> GetAsync(LabAssays assays, HttpContext context) =>
        TypedResults.Ok(new Page<AssayDetails> { Items = (await assays.ListAsync(context.RequestAborted)).ConvertAll(AssayDetails.Of) });
}

/// <summary>An assay of the lab's own. Reports keep the definition that they were made with; a change is for analyses from then on.</summary>
public static class PutAssay
{
    private static readonly string[] Kingdoms = ["Bacteria", "Archaea", "Fungi", "Viruses"];

    public sealed record Command(Assay Assay, IfMatch IfMatch) : ICommand<int>;

    /// <summary>Define an assay</summary>
    public static async Task<IResult> PutAsync(string id, HttpContext context, IMediator sender)
    {
        Accession.Demand(id);
        if (Assay.Find(id) is not null) throw new ProblemException(ProblemCodes.AssayFixed, "The assay ships with Lab and does not change.");
        var assay = Checked(id, await StrictBody.ReadAsync<AssayDefinition>(context));
        var revision = await sender.Send(new Command(assay, IfMatch.Of(context.Request)), context.RequestAborted);
        context.Response.Headers.ETag = $"\"{revision}\"";
        var details = AssayDetails.Of(assay);
        return revision == 1 ? TypedResults.Created($"/v1/assays/{id}", details) : TypedResults.Ok(details);
    }

    private static Assay Checked(string id, AssayDefinition given)
    {
        var errors = new List<ProblemError>();
        T Word<T>(string pointer, string text, params T[] known) where T : struct, Enum
        {
            foreach (var value in known) if (Names.Of<T>(value) == text) return value;
            errors.Add(new("value-invalid", null, null, pointer, "The word is not known.", $"Known: {string.Join(", ", known.Select(Names.Of<T>))}."));
            return default;
        }
        void Demand(bool right, string pointer, string message, string hint)
        {
            if (!right) errors.Add(new("value-invalid", null, null, pointer, message, hint));
        }
        Demand(given.Profiler.Length is > 0 and <= 100, "/profiler", "A profiler's name has 1 to 100 characters.", "Name the program with its major version.");
        Demand(given.DatabaseFamily.Length is > 0 and <= 100, "/databaseFamily", "A database's name has 1 to 100 characters.", "Name the family, without its release.");
        Demand(given.Region is null or { Length: > 0 and <= 100 }, "/region", "A region's name has 1 to 100 characters.", "Leave it out for shotgun.");
        Demand(given.Kingdoms.Count > 0 && given.Kingdoms.All(Kingdoms.Contains), "/kingdoms", "A kingdom is not known, or there is none.", $"Known: {string.Join(", ", Kingdoms)}.");
        Demand(given.MinimumReads >= 0, "/minimumReads", "The minimum of reads is 0 or more.", "0 where the profiler gives no reads.");
        Demand(given.UnclassifiedLimit is null or (>= 0 and <= 1), "/unclassifiedLimit", "A fraction is between 0 and 1.", "Leave it out where it says nothing.");
        var assay = new Assay(id, Word("/platform", given.Platform, Platform.Shotgun, Platform.Amplicon), given.Region, given.Profiler, given.DatabaseFamily, [.. given.Kingdoms],
            Word("/unit", given.Unit, AbundanceUnit.Reads, AbundanceUnit.Fraction, AbundanceUnit.Percent), Word("/lowestRank", given.LowestRank, TaxonomicRank.Species, TaxonomicRank.Genus),
            given.MinimumReads, given.UnclassifiedLimit, []);
        assay = assay with { Source = given.Source?.Checked(assay.Unit, Demand) };
        return errors.Count == 0 ? assay : throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.", errors: errors);
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Command, int>
    {
        public async Task<int> Handle(Command command, CancellationToken cancellation)
        {
            await using (var select = await session.CommandAsync("SELECT revision FROM lab.assay WHERE id = $1 FOR UPDATE", cancellation, command.Assay.Id))
            {
                var revision = await select.ExecuteScalarAsync(cancellation) as int?;
                if (command.IfMatch.IsGiven && (revision is not { } now || !command.IfMatch.Matches(now.ToString(System.Globalization.CultureInfo.InvariantCulture))))
                {
                    throw new ProblemException(ProblemCodes.PreconditionFailed, "The assay has changed since it was read.");
                }
            }
            await using var upsert = await session.CommandAsync("""
                INSERT INTO lab.assay AS a (id, definition, revision, changed_at) VALUES ($1, $2, 1, clock_timestamp())
                ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, revision = a.revision + 1, changed_at = excluded.changed_at RETURNING revision
                """, cancellation, command.Assay.Id);
            upsert.Parameters.Add(new() { Value = ReportInputs.Write(command.Assay), NpgsqlDbType = NpgsqlDbType.Jsonb });
            var stored = (int)(await upsert.ExecuteScalarAsync(cancellation))!;
            // A definition decides what numbers mean: the trail keeps each.
            await session.RecordAsync("assay.defined", $"assay:{command.Assay.Id}", JsonSerializer.Serialize(AssayDetails.Of(command.Assay), Json.Options), cancellation);
            return stored;
        }
    }
}
