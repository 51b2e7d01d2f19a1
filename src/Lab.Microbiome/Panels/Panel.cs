using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Lab.Microbiome.Panels;

/// <summary>A taxon that a panel names: by taxid, and by name where the taxid of a row is not known.</summary>
/// <param name="Taxid">NCBI taxid; null where only the name is certain.</param>
/// <param name="Name">The current name.</param>
/// <param name="Evidence">Of a member of a guild: low, moderate or high.</param>
/// <param name="Citations">What its membership stands on; each is one of the panel's <see cref="Panel.Sources"/>.</param>
public sealed record PanelTaxon(long? Taxid, string Name, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Evidence = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ImmutableArray<string>? Citations = null);

/// <summary>What a panel cites.</summary>
/// <param name="Id">As <c>doi:…</c>.</param>
/// <param name="Title">Authors, year and what it is about.</param>
/// <param name="Verified">Whether somebody found the paper under this DOI; false where it stands on memory.</param>
public sealed record Source(string Id, string Title, bool Verified);

/// <summary>From how many times its limit a value is more than low.</summary>
/// <param name="Moderate">Above 1.</param>
/// <param name="High">Above <paramref name="Moderate"/>.</param>
public sealed record SeverityBands(double Moderate, double High);

/// <summary>A text in the languages of a report.</summary>
/// <param name="En">English.</param>
/// <param name="Nl">Dutch.</param>
public sealed record BilingualText(string En, string Nl);

/// <summary>Taxa that are summed because of what they are known to do. A sum of taxa is not a measured metabolite.</summary>
/// <param name="Id">e.g. <c>butyrate-producers</c>.</param>
/// <param name="Members">Clades; a member below another counts once.</param>
/// <param name="Excluded">Clades below a member that do not count.</param>
/// <param name="Evidence">low, moderate or high: of the guild as a whole.</param>
/// <param name="Citations">Sources, as <c>doi:…</c>.</param>
/// <param name="Kingdom">What the assay must be able to see: Bacteria, Archaea or Fungi.</param>
public sealed record Guild(string Id, ImmutableArray<PanelTaxon> Members, ImmutableArray<PanelTaxon> Excluded, string Evidence, ImmutableArray<string> Citations, string Kingdom = "Bacteria");

/// <summary>A ratio of two sums of clades; without a denominator, a share of everything classified.</summary>
/// <param name="Id">e.g. <c>firmicutes-bacteroidetes</c>.</param>
/// <param name="Numerator">Clades above the line.</param>
/// <param name="Denominator">Clades below it; empty for a share.</param>
/// <param name="Caveats">What a reader must know, as codes.</param>
/// <param name="Citations">Sources, as <c>doi:…</c>.</param>
public sealed record Ratio(string Id, ImmutableArray<PanelTaxon> Numerator, ImmutableArray<PanelTaxon> Denominator, ImmutableArray<string> Caveats, ImmutableArray<string> Citations);

/// <summary>When a finding is made: a value outside p2.5 to p97.5 of a cohort, and above a floor.</summary>
/// <param name="Code">The finding's code.</param>
/// <param name="Kind">What is looked at: metric, guild, taxon (a sum of clades), ratio, or genera.</param>
/// <param name="Subject">The id of the metric, guild, ratio, or of the sum itself.</param>
/// <param name="Direction">high, low, either, or absent.</param>
/// <param name="MaxSeverity">info, low, moderate or high: never above it.</param>
/// <param name="Bands">From where on it is moderate and high, in times the limit.</param>
/// <param name="Evidence">low, moderate or high.</param>
/// <param name="Citations">Sources, as <c>doi:…</c>.</param>
/// <param name="Text">What is said, with <c>{value} {bound} {n} {population} {taxon} {taxa} {rank}</c> filled in.</param>
/// <param name="Members">The clades of a taxon rule.</param>
/// <param name="OtherMethodMembers">Read instead where the cohort was measured by another profiler: the genus of a species.</param>
/// <param name="Floor">Fraction below which a high value is no finding.</param>
/// <param name="Kingdom">What the assay must be able to see: Bacteria, Archaea or Fungi.</param>
public sealed record Rule(string Code, string Kind, string Subject, string Direction, string MaxSeverity, SeverityBands Bands, string Evidence, ImmutableArray<string> Citations, BilingualText Text,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<PanelTaxon> Members = default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ImmutableArray<PanelTaxon> OtherMethodMembers = default, double Floor = 0, string Kingdom = "Bacteria");

/// <summary>A notice that a report can carry.</summary>
/// <param name="Code">e.g. <c>not-a-diagnosis</c>.</param>
/// <param name="Text">Both languages.</param>
public sealed record NoticeText(string Code, BilingualText Text);

/// <summary>What a panel suggests where one of its findings is there.</summary>
/// <param name="Code">e.g. <c>fermentable-fibre</c>.</param>
/// <param name="Findings">Codes of findings; the first that is there is the one it is tied to.</param>
/// <param name="Evidence">expert-opinion, very-low, low, moderate or high.</param>
/// <param name="Text">What may be tried, or need not be.</param>
/// <param name="Caveat">What to know before.</param>
/// <param name="Sources">Papers as <c>doi:…</c>, else in words.</param>
public sealed record Suggestion(string Code, ImmutableArray<string> Findings, string Evidence, BilingualText Text, BilingualText Caveat, ImmutableArray<string> Sources);

/// <summary>Guilds, ratios, rules and texts as data. A published version never changes.</summary>
public sealed record Panel
{
    /// <summary>e.g. <c>gut-core</c>.</summary>
    public required string Id { get; init; }
    /// <summary>1, 2, ….</summary>
    public required int Version { get; init; }
    /// <summary>The licence of the data.</summary>
    public required string License { get; init; }
    /// <summary>What it is for.</summary>
    public required string Description { get; init; }
    /// <summary>Never a finding: above the floor they give the notice <c>confirm-by-culture-or-pcr</c>.</summary>
    public required ImmutableArray<PanelTaxon> Confirm { get; init; }
    /// <summary>Genera that come with reagents rather than from a person.</summary>
    public required ImmutableArray<PanelTaxon> ReagentGenera { get; init; }
    /// <summary>All that is cited.</summary>
    public required ImmutableArray<Source> Sources { get; init; }
    /// <summary>The guilds.</summary>
    public required ImmutableArray<Guild> Guilds { get; init; }
    /// <summary>The ratios.</summary>
    public required ImmutableArray<Ratio> Ratios { get; init; }
    /// <summary>The rules, in the order of evaluation.</summary>
    public required ImmutableArray<Rule> Rules { get; init; }
    /// <summary>The notices.</summary>
    public required ImmutableArray<NoticeText> Notices { get; init; }
    /// <summary>The panel that all of it comes from but the recommendations; null for one that stands by itself.</summary>
    public string? Base { get; init; }
    /// <summary>What is suggested; none unless the panel turns recommendations on.</summary>
    public ImmutableArray<Suggestion> Recommendations { get; init; } = [];

    /// <summary>e.g. <c>gut-core@1</c>.</summary>
    public string Ref => $"{Id}@{Version}";

    /// <summary>The panels that ship with Lab.</summary>
    public static ImmutableArray<Panel> Shipped { get; } = [Read("gut-core@1.json"), Read("gut-core-guided@1.json")];

    /// <summary>The panel of an analysis that names none.</summary>
    public static Panel Default => Shipped[0];

    /// <summary>By <c>id@version</c>, or by id alone its newest version; null when there is none.</summary>
    public static Panel? Find(string reference) => Shipped.LastOrDefault(p => p.Ref == reference || p.Id == reference);

    /// <summary>Whether another panel judges by a rule as this one does: it makes the same finding of the same people, as severe.</summary>
    /// <param name="other">The other panel.</param>
    /// <param name="code">The rule.</param>
    public bool JudgesLike(Panel other, string code)
    {
        ArgumentNullException.ThrowIfNull(other);
        return PanelDefinitions.Of(this).FiresLike(PanelDefinitions.Of(other), code)
            && Rules.Single(r => r.Code == code) is var ours && other.Rules.Single(r => r.Code == code) is var theirs
            && (ours.MaxSeverity, ours.Evidence, ours.Bands) == (theirs.MaxSeverity, theirs.Evidence, theirs.Bands);
    }

    private static Panel Read(string file)
    {
        var (panel, problems) = PanelReader.Read(Json(file));
        return panel ?? throw new InvalidOperationException($"{file}: {string.Join("; ", problems)}");
    }

    /// <summary>A file that names a base holds only what differs from it.</summary>
    private static JsonObject Json(string file)
    {
        using var stream = typeof(Panel).Assembly.GetManifestResourceStream(file) ?? throw new InvalidOperationException($"{file} is not embedded.");
        var panel = JsonNode.Parse(stream)!.AsObject();
        if (panel["base"] is { } named)
        {
            foreach (var (member, value) in Json($"{named}.json")) panel.TryAdd(member, value?.DeepClone());
        }
        return panel;
    }
}
