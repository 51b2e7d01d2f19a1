using System.Text.Json;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Reports;
using Lab.Api.Reports.Page;
using Lab.Api.Samples;
using Lab.Api.Storage;
using Lab.Microbiome.Panels;
using MediatR;

namespace Lab.Api.Subjects;

/// <summary>A person's reports over time.</summary>
public sealed record Timeline
{
    /// <summary>The lab's pseudonym of the person.</summary>
    public required string Subject { get; init; }
    /// <summary>Whether there are older reports than the hundred that are here.</summary>
    public required bool Truncated { get; init; }
    /// <summary>The current reports that you may read, by the time of collection, else of issue.</summary>
    public required IReadOnlyList<TimelineReport> Reports { get; init; }
    /// <summary>Each metric, ratio, guild and index over time. A withdrawn report has no point.</summary>
    public required IReadOnlyList<TimelineSeries> Series { get; init; }
    /// <summary>Each report beside the one before it; and where that is of another assay, also beside the last before it of its own.</summary>
    public required IReadOnlyList<ReportComparison> Neighbours { get; init; }
}

/// <summary>A report of a timeline, with what is known of the person at that time.</summary>
public sealed record TimelineReport
{
    public required Guid Id { get; init; }
    public required string Accession { get; init; }
    public required string Assay { get; init; }
    public required int Version { get; init; }
    public required string Status { get; init; }
    /// <summary>pass, warn or fail.</summary>
    public required string Quality { get; init; }
    public required DateTimeOffset? CollectedAt { get; init; }
    public required DateTimeOffset? ReceivedAt { get; init; }
    public required DateTimeOffset IssuedAt { get; init; }
    public required string Panel { get; init; }
    public required string? Cohort { get; init; }
    public required short? BristolScale { get; init; }
    /// <summary>Symptoms and what else is registered of the person beside the sample; null where nothing is.</summary>
    public required SampleContext? Context { get; init; }
    /// <summary>The report's notices to seek care.</summary>
    public required IReadOnlyList<TimelineNotice> SeekCare { get; init; }
}

/// <summary>A notice of a report.</summary>
/// <param name="Code">Such as seek-care-urgent.</param>
/// <param name="Text">For people.</param>
public sealed record TimelineNotice(string Code, BilingualText Text);

/// <summary>One measured thing over time.</summary>
/// <param name="Kind">metric, ratio, guild or index.</param>
/// <param name="Id">Which.</param>
/// <param name="Points">One a report that has it.</param>
public sealed record TimelineSeries(string Kind, string Id, IReadOnlyList<TimelinePoint> Points);

/// <summary>One report's value, as the report has it.</summary>
/// <param name="Report">The report's id.</param>
/// <param name="Value">Null where it is not assessable.</param>
/// <param name="Ci95">Of counting error.</param>
/// <param name="Reference">Its place in the report's cohort.</param>
/// <param name="Status">within, low, high, absent, not-detected or not-assessable.</param>
/// <param name="Reason">Why it is not assessable.</param>
/// <param name="Rank">Of a metric: at which rank it was computed.</param>
public sealed record TimelinePoint(Guid Report, double? Value, IReadOnlyList<double>? Ci95, ReferencePosition? Reference, string Status, string? Reason, string? Rank);

/// <summary>Reads a person's reports over time, as data or as a page.</summary>
public static class GetTimeline
{
    private static readonly (string List, string Kind, string Id, string Value)[] Lists =
        [("diversity", "metric", "metric", "value"), ("ratios", "ratio", "id", "value"), ("guilds", "guild", "id", "fraction"), ("indices", "index", "id", "value")];

    public sealed record Query(string Subject) : IRequest<Timeline>;

    /// <summary>Read a subject's timeline</summary>
    public static async Task<IResult> GetAsync(string subject, string? lang, HttpContext context, IMediator sender)
    {
        if (!Accession.IsValid(subject)) throw new ProblemException(ProblemCodes.NotFound, "There is no such subject, or it is not yours.");
        var wish = PageWish.Demand(lang, null);
        var type = Representations.Preferred(context.Request, "application/json", "text/html")
            ?? throw new ProblemException(ProblemCodes.NotAcceptable, "A timeline is sent as application/json or text/html.");
        var timeline = await sender.Send(new Query(subject), context.RequestAborted);
        context.Response.Headers.Vary = "Accept, Accept-Encoding, Accept-Language";
        if (type == "application/json") return TypedResults.Ok(timeline);
        var language = wish.Language ?? ReportPage.Preferred(context.Request);
        var page = await ReportPage.RenderAsync<TimelinePage>(JsonSerializer.SerializeToUtf8Bytes(timeline, Json.Options), language, ReportPage.Views[0]);
        return new Rendition("text/html; charset=utf-8", "") { Language = language, ContentSecurityPolicy = ReportPage.Policy }.Send(context, page);
    }

    public sealed class Handler(LabSession session, ReadAudit reads, ReferenceLibrary library, ReplicateYardsticks replicates) : IRequestHandler<Query, Timeline>
    {
        public async Task<Timeline> Handle(Query query, CancellationToken cancellation)
        {
            var (reports, truncated) = await FollowedReport.OfSubjectAsync(session, reads, query.Subject, cancellation);
            var neighbours = new List<ReportComparison>();
            foreach (var (from, to) in FollowedReport.Neighbours(reports)) neighbours.Add(await ReportComparison.OfAsync(from, to, library, replicates, cancellation));
            // Each document is of a panel of its own: what one has and another has not is a shorter series.
            var points = new Dictionary<(string Kind, string Id), List<TimelinePoint>>();
            var items = new List<TimelineReport>();
            foreach (var report in reports)
            {
                using var document = JsonDocument.Parse(report.Document);
                items.Add(Item(report, document.RootElement));
                if (report.Status == ReportSeries.EnteredInError) continue;
                foreach (var (list, kind, id, value) in Lists)
                {
                    foreach (var measured in new DocumentPart(document.RootElement, "")[list].Items)
                    {
                        var key = (kind, measured[id].Text);
                        if (!points.TryGetValue(key, out var series)) points[key] = series = [];
                        series.Add(Point(report.Id, measured, value));
                    }
                }
            }
            return new Timeline
            {
                Subject = query.Subject,
                Truncated = truncated,
                Reports = items,
                Series = [.. Lists.SelectMany(l => points.Where(p => p.Key.Kind == l.Kind)).Select(p => new TimelineSeries(p.Key.Kind, p.Key.Id, p.Value))],
                Neighbours = neighbours,
            };
        }

        private static TimelineReport Item(FollowedReport report, JsonElement document) => new()
        {
            Id = report.Id,
            Accession = report.Accession,
            Assay = report.Assay,
            Version = report.Version,
            Status = report.Status,
            Quality = report.Quality,
            CollectedAt = report.CollectedAt,
            ReceivedAt = report.ReceivedAt,
            IssuedAt = report.IssuedAt,
            Panel = report.Panel,
            Cohort = report.Cohort,
            BristolScale = report.BristolScale,
            Context = report.Context,
            SeekCare = [.. new DocumentPart(document, "")["notices"].Items.Where(n => n["code"].Text.StartsWith("seek-care-", StringComparison.Ordinal))
                .Select(n => new TimelineNotice(n["code"].Text, new(n["text"]["en"].Text, n["text"]["nl"].Text)))],
        };

        private static TimelinePoint Point(Guid report, DocumentPart measured, string value)
        {
            var (interval, reference) = (measured["ci95"], measured["reference"]);
            return new(report, measured[value].Number, interval.Exists ? [.. interval.Items.Select(end => end.Number!.Value)] : null,
                reference.Exists ? new(reference["percentile"].Number, reference["p5"].Number, reference["p50"].Number, reference["p95"].Number) : null,
                measured["status"].Text, measured["reason"].Exists ? measured["reason"].Text : null, measured["rank"].Exists ? measured["rank"].Text : null);
        }
    }
}
