using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Lab.Microbiome.Panels;

/// <summary>What the words of a panel stand for, to tell whether two panels mean the same by one.</summary>
internal sealed class PanelDefinitions
{
    private readonly FrozenDictionary<(string Kind, string Id), string> sums;
    private readonly FrozenDictionary<string, string> rules;

    private PanelDefinitions(Panel panel)
    {
        var all = new Dictionary<(string, string), string>();
        foreach (var guild in panel.Guilds) all[("guild", guild.Id)] = $"{Taxa(guild.Members)} without {Taxa(guild.Excluded)} of {guild.Kingdom}";
        foreach (var ratio in panel.Ratios) all[("ratio", ratio.Id)] = $"{Taxa(ratio.Numerator)} to {Taxa(ratio.Denominator)}";
        foreach (var rule in panel.Rules.Where(r => r.Kind == "taxon"))
        {
            all[("sum", rule.Subject)] = Taxa(rule.Members);
            if (!rule.OtherMethodMembers.IsDefault) all[("sum", rule.Subject + "-other-method")] = Taxa(rule.OtherMethodMembers);
        }
        sums = all.ToFrozenDictionary();
        rules = panel.Rules.ToFrozenDictionary(r => r.Code, r => FormattableString.Invariant(
            $"{r.Kind} {r.Subject} {r.Direction} {r.Floor:R} {r.Kingdom} {Reads(r)} {(r.Kind == "genera" ? Taxa(panel.Confirm) : "")}"));

        string? Reads(Rule rule) => rule.Kind == "taxon"
            ? all[("sum", rule.Subject)] + all.GetValueOrDefault(("sum", rule.Subject + "-other-method"))
            : all.GetValueOrDefault((rule.Kind, rule.Subject));
    }

    public static PanelDefinitions Of(Panel panel) => new(panel);

    /// <summary>Whether both have the guild, ratio or sum, and it is of the same taxa.</summary>
    public bool Means(PanelDefinitions other, string kind, string id) =>
        sums.TryGetValue((kind, id), out var ours) && other.sums.TryGetValue((kind, id), out var theirs) && ours == theirs;

    /// <summary>Whether both have the rule, and it makes a finding of the same people; how severe it is may differ.</summary>
    public bool FiresLike(PanelDefinitions other, string code) => rules.TryGetValue(code, out var ours) && other.rules.TryGetValue(code, out var theirs) && ours == theirs;

    // In whatever order they stand, and however often: a sum takes each clade once.
    private static string Taxa(ImmutableArray<PanelTaxon> taxa) =>
        string.Join(", ", (taxa.IsDefault ? [] : taxa).Select(t => FormattableString.Invariant($"{t.Taxid} {t.Name}")).Distinct().Order(StringComparer.Ordinal));
}
