using System.Collections.Immutable;
using Lab.Microbiome.Panels;

namespace Lab.Microbiome.Reports;

/// <summary>What a person is told beside the numbers: where to seek care, what a stool sample cannot say, and what may be tried.</summary>
internal static class Guidance
{
    private const string Withheld = "recommendations-withheld";

    /// <summary>The red flags of a context, also those that another code amounts to, in the order of the data.</summary>
    /// <exception cref="ArgumentException">A code is not known: a report that leaves out an alarm in silence is worse than none.</exception>
    public static ImmutableArray<RedFlag> RedFlags(SampleContext? context)
    {
        if (context is null) return [];
        var codes = ContextCodes.Shipped;
        foreach (var (given, known) in context.Lists().Zip(codes.Lists()))
        {
            if (given.Codes.FirstOrDefault(code => !known.Codes.Contains(code)) is { } unknown) throw new ArgumentException($"{unknown} is no code of {given.Name}.", nameof(context));
        }
        var flags = context.RedFlags.Concat(Registered(context).Select(c => c.RedFlag).OfType<string>()).ToHashSet();
        return [.. codes.RedFlags.Where(f => flags.Contains(f.Code))];
    }

    /// <summary>One notice an urgency, the most urgent first: a person has one thing to do, and then reads why.</summary>
    public static IEnumerable<Notice> SeekCare(ImmutableArray<RedFlag> flags) =>
        from urgency in ContextCodes.Shipped.Urgencies
        let named = flags.Where(f => f.Urgency == urgency.Code).ToArray()
        where named.Length > 0
        select new Notice($"seek-care-{urgency.Code}", new(
            urgency.Text.En.Replace("{flags}", string.Join(' ', named.Select(f => f.Notice.En)), StringComparison.Ordinal),
            urgency.Text.Nl.Replace("{flags}", string.Join(' ', named.Select(f => f.Notice.Nl)), StringComparison.Ordinal)));

    /// <summary>What has to be said because of a symptom, a diagnosis or a medicine, and that recommendations are withheld where they are.</summary>
    public static IEnumerable<Notice> Explain(SampleContext? context, bool withheld)
    {
        var wanted = context is null ? [] : Registered(context).Where(c => !c.Notices.IsDefault).SelectMany(c => c.Notices).ToHashSet();
        if (withheld) wanted.Add(Withheld);
        return ContextCodes.Shipped.Notices.Where(n => wanted.Contains(n.Code)).Select(n => new Notice(n.Code, n.Text));
    }

    /// <summary>What the panel suggests for these findings, each once, tied to the first of its findings that is there.</summary>
    public static IEnumerable<Recommendation> Recommend(Panel panel, ImmutableArray<Finding> findings) =>
        from suggestion in panel.Recommendations
        let finding = suggestion.Findings.FirstOrDefault(code => findings.Any(f => f.Code == code))
        where finding is not null
        select new Recommendation(suggestion.Code, finding, suggestion.Text, suggestion.Evidence, suggestion.Caveat, suggestion.Sources);

    private static IEnumerable<ContextCode> Registered(SampleContext context)
    {
        var codes = ContextCodes.Shipped;
        return
        [
            .. codes.Symptoms.Where(c => context.Symptoms.Contains(c.Code)), .. codes.Diagnoses.Where(c => context.Diagnoses.Contains(c.Code)),
            .. codes.Medication.Where(c => context.Medication.Contains(c.Code)),
        ];
    }
}
