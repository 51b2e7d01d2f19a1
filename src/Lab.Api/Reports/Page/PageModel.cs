using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Lab.Microbiome.Cohorts;
using Microsoft.AspNetCore.Components;

namespace Lab.Api.Reports.Page;

/// <summary>The document as one view in one language shows it.</summary>
public sealed partial class PageModel(DocumentPart report, string language, string view)
{
    private const string RatioOfConsensus = "firmicutes-bacteroidetes", FindingOfConsensus = "firmicutes-bacteroidetes-outside";

    public DocumentPart Report => report;
    public string Language => language;
    public string View => view;
    public string Id => report["id"].Text;
    public string Status => report["status"].Text;

    public bool IsConsumer => view == "consumer";
    public bool IsClinician => view == "clinician";
    public bool IsConsensus => view == "consensus";
    public bool IsWithdrawn => Status == "entered-in-error";
    public bool IsPreview => report["version"].Number == 0;
    public bool HasFailed => report["quality"]["status"].Text == "fail";
    public bool HasCohort => report["method"]["cohort"].Exists;

    /// <summary>A text of the page.</summary>
    public string this[string key] => PageTexts.Find(key) is { } text ? Whole(language == "nl" ? text.Nl : text.En) : throw new KeyNotFoundException($"The page has no text {key}.");

    /// <summary>What a code of the document means; the code itself where the page does not know it.</summary>
    public string Code(string kind, string code) => PageTexts.Find($"{kind}.{code}") is not null ? this[$"{kind}.{code}"] : code;

    /// <summary>A text that the document has in both languages.</summary>
    public string Said(DocumentPart bilingual) => Whole(bilingual[language].Text);

    /// <summary>The quality in words: good is only what was checked whole.</summary>
    public string Quality => this[report["quality"] is var quality && quality["status"].Text == "pass" && quality["checks"].Items.Any(c => c["status"].Text == "not-assessable") ? "quality.pass-partly" : $"quality.{quality["status"].Text}"];

    /// <summary>What the composition is of: the method looks for viruses, too, but does not count them.</summary>
    public string Kingdoms
    {
        get
        {
            string[] names = [.. report["method"]["kingdoms"].Items.Where(k => k.Text != "Viruses").Select(k => Code("kingdom", k.Text))];
            return names is [.. var first, var last] && first.Length > 0 ? $"{string.Join(", ", first)} {(language == "nl" ? "en" : "and")} {last}" : string.Concat(names);
        }
    }

    public IReadOnlyList<DocumentPart> Findings =>
        [.. report["findings"].Items.Where(f => !IsConsensus || f["code"].Text != FindingOfConsensus)];

    public IReadOnlyList<DocumentPart> Ratios => IsConsumer ? [] : [.. report["ratios"].Items.Where(r => !IsConsensus || r["id"].Text != RatioOfConsensus)];

    /// <summary>The metrics; for a short page the two that are understood without an explanation.</summary>
    public IReadOnlyList<DocumentPart> Diversity =>
        [.. report["diversity"].Items.Where(m => !IsConsumer || m["metric"].Text is "observed" or "shannon")];

    public IEnumerable<DocumentPart> SeekCare => report["notices"].Items.Where(n => n["code"].Text.StartsWith("seek-care-", StringComparison.Ordinal));

    public IEnumerable<DocumentPart> OtherNotices => report["notices"].Items.Where(n => !n["code"].Text.StartsWith("seek-care-", StringComparison.Ordinal));

    /// <summary>Who the cohort is, where it ships with Lab.</summary>
    public string? Population => HasCohort && ReferenceCohort.Find(report["method"]["cohort"].Text)?.Population is { } population ? language == "nl" ? population.Nl : population.En : null;

    /// <summary>What a check came to, with its numbers: the document says it in English only.</summary>
    public string Outcome(DocumentPart check)
    {
        var message = check["message"].Text;
        if (language == "en") return Whole(message);
        var (key, numbers) = ($"{check["code"].Text}.{check["status"].Text}", Numbers().Matches(message));
        if (numbers.Count == 0 && PageTexts.Find($"check.{key}.nothing") is not null) key += ".nothing";
        var text = Code("check", key);
        for (var i = 0; i < numbers.Count; i++) text = text.Replace(string.Create(CultureInfo.InvariantCulture, $"{{{i}}}"), numbers[i].Value.Replace('.', ','), StringComparison.Ordinal);
        return text;
    }

    public IReadOnlyList<DocumentPart> Recommendations => IsConsensus ? [] : report["recommendations"].Items;

    public MarkupString Percent(DocumentPart number, DocumentPart row = default) => Data(number, n => Shown.Percent(n, language), row);

    public MarkupString Value(DocumentPart number, DocumentPart row = default) => Data(number, n => Shown.Value(n, language), row);

    public MarkupString Percentile(DocumentPart number, DocumentPart row = default) => Data(number, n => Shown.Percentile(n, language), row);

    /// <summary>A number that is a name.</summary>
    public MarkupString Plain(DocumentPart number, DocumentPart row = default) => Data(number, _ => number.Element.GetRawText(), row);

    /// <summary>A value in its own unit: metrics that are shares are shown as such.</summary>
    public MarkupString Measured(DocumentPart number, bool isShare) => isShare ? Percent(number) : Value(number);

    public MarkupString Time(DocumentPart time)
    {
        if (!time.Exists) return new(WebUtility.HtmlEncode(this["unknown"]));
        var at = time.Element.GetDateTimeOffset();
        return new($"<time datetime=\"{time.Text}\" data-path=\"{time.Pointer}\">{Shown.Time(at, language)} UTC</time>");
    }

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex Numbers();

    // A per cent sign stays with its number.
    private static string Whole(string text) => text.Replace(" %", "\u00a0%", StringComparison.Ordinal);

    // A number of the document as it is written there, around what is shown of it. Nothing of it can be markup. In a row that names its member the path goes on from there.
    private static MarkupString Data(DocumentPart number, Func<double, string> shown, DocumentPart row = default) => number.Number is not { } value ? default
        : new($"<data value=\"{number.Element.GetRawText()}\" data-path=\"{number.Pointer[(row.Pointer is null ? 0 : row.Pointer.Length + 1)..]}\">{WebUtility.HtmlEncode(shown(value))}</data>");
}

/// <summary>A part of the page.</summary>
public abstract class PagePart : ComponentBase
{
    [Parameter, EditorRequired]
    public required PageModel Page { get; set; }
}
