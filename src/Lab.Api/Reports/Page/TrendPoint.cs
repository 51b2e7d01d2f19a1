namespace Lab.Api.Reports.Page;

/// <summary>A point of a trend: its report, and how it changed since the one before that it may be compared with.</summary>
/// <param name="Number">Of the report on the page, from 1.</param>
/// <param name="Report">The report.</param>
/// <param name="Point">What it has.</param>
/// <param name="Since">The change since an earlier report; none where nothing may be compared.</param>
/// <param name="From">The number of that report, with which it is joined; 0 for none.</param>
public sealed record TrendPoint(int Number, DocumentPart Report, DocumentPart Point, DocumentPart Since, int From)
{
    /// <summary>When it was taken; where that is not known, when it was issued.</summary>
    public static DocumentPart TimeOf(DocumentPart report) => report["collectedAt"].Exists ? report["collectedAt"] : report["issuedAt"];

    /// <summary>The number of a report on the page.</summary>
    public static int NumberOf(PageModel page, string id) => page.Report["reports"].Items.Index().First(r => r.Item["id"].Text == id).Index + 1;

    /// <summary>The points of a series.</summary>
    public static IReadOnlyList<TrendPoint> Of(PageModel page, DocumentPart series)
    {
        var (kind, id, reports, neighbours) = (series["kind"].Text, series["id"].Text, page.Report["reports"].Items, page.Report["neighbours"].Items);
        return [.. series["points"].Items.Select(point =>
        {
            var number = NumberOf(page, point["report"].Text);
            var pair = neighbours.LastOrDefault(n => n["to"].Text == point["report"].Text && n["comparable"].Element.GetBoolean());
            var from = pair.Exists ? NumberOf(page, pair["from"].Text) : 0;
            return new TrendPoint(number, reports[number - 1], point, pair["changes"].Items.FirstOrDefault(c => c["kind"].Text == kind && c["id"].Text == id), from);
        })];
    }

    public string Assay => Report["assay"].Text;

    /// <summary>Whether it changed by more than the lab's own noise; more than the error of counting is not yet that.</summary>
    public bool IsBeyond => NoiseOf(Since) == "beyond";

    /// <summary>What is said of a change or distance: it is beyond or within the lab's noise, or (counted, uncounted) the error of counting alone; or nothing is known.</summary>
    public static string NoiseOf(DocumentPart change) => !change["beyondNoise"].Exists ? "unknown"
        : (change["beyondNoise"].Element.GetBoolean(), change["yardstick"].Text == "replicates") switch
        {
            (true, true) => "beyond",
            (false, true) => "within",
            (true, false) => "counted",
            (false, false) => "uncounted",
        };
}
