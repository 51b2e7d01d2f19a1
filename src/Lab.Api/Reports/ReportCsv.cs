using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Lab.Api.Hosting;
using Lab.Microbiome.Reports;
using MediatR;

namespace Lab.Api.Reports;

/// <summary>The whole table of a report as CSV (RFC 4180, UTF-8): what <see cref="GetReportTaxa"/> gives, a taxon a row. What is null is empty.</summary>
public static class ReportCsv
{
    public const string MediaType = "text/csv";

    private const string Header = "rank,taxid,name,formerName,fraction,ci95Low,ci95High,reads,percentile,p5,p50,p95,status,reason\r\n";

    private static readonly SearchValues<char> Special = SearchValues.Create(",\"\r\n");

    public static byte[] Write(IEnumerable<TableTaxon> taxa)
    {
        var text = new StringBuilder(Header);
        foreach (var taxon in taxa)
        {
            text.Append(Words(taxon.Rank)).Append(',').Append(taxon.Taxid?.ToString(CultureInfo.InvariantCulture)).Append(',').Append(Words(taxon.Name)).Append(',').Append(Words(taxon.FormerName));
            foreach (var number in new[]
            {
                taxon.Fraction, taxon.Ci95?[0], taxon.Ci95?[1], taxon.Reads, taxon.Reference?.Percentile, taxon.Reference?.P5, taxon.Reference?.P50, taxon.Reference?.P95,
            })
            {
                text.Append(',').Append(number is { } known ? CanonicalJson.Number(known) : "");
            }
            text.Append(',').Append(Words(taxon.Status)).Append(',').Append(Words(taxon.Reason)).Append("\r\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The table of a stored report, as a file to be saved.</summary>
    /// <exception cref="ProblemException">The report is stored nowhere: its table cannot be looked up.</exception>
    public static async Task<byte[]> RenderAsync(byte[] document, HttpContext context)
    {
        using var report = JsonDocument.Parse(document);
        var id = report.RootElement.GetProperty("id").GetGuid();
        if (id == Guid.Empty) throw new ProblemException(ProblemCodes.NotAcceptable, "A preview is not sent as a table.");
        var taxa = await context.RequestServices.GetRequiredService<IMediator>().Send(new GetReportTaxa.Query(id, IsRead: false), context.RequestAborted);
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{FileName(report.RootElement.GetProperty("sample").GetProperty("accession").GetString()!)}\"";
        return Write(taxa!.Items);
    }

    /// <summary>A file's name that every system takes.</summary>
    public static string FileName(string accession) => string.Concat(accession.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '_')) + ".csv";

    /// <summary>A name comes from a file of anybody: a spreadsheet must not take it for a formula, so such a cell begins with an apostrophe.</summary>
    public static string Defused(string text) => text is ['=' or '+' or '-' or '@' or '\t' or '\r' or '\n', ..] ? "'" + text : text;

    private static string Words(string? words)
    {
        if (words is not { Length: > 0 }) return "";
        var text = Defused(words);
        return text.AsSpan().ContainsAny(Special) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
