using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Microbiome.Reports;

namespace Lab.Api.Reports;

/// <summary>The whole report of a body that is an upload; nothing is stored.</summary>
public static class PreviewReport
{
    /// <summary>Try a report without storing anything</summary>
    public static async Task<IResult> PostAsync(string? assay, string? format, string? panel, string? cohort, bool? allowIncomplete, string? lang, string? view, HttpContext context, LabAssays assays, ReferenceLibrary library, TimeProvider clock)
    {
        var rendition = Representations.Of(context.Request, lang, view);
        var content = await UploadedContent.ReadAsync(context);
        var reading = content.Read(format, allowIncomplete ?? false, await assays.SourceAsync(assay, context.RequestAborted));
        var interpretation = await assays.InterpretAsync(reading.Profile!, assay, panel, cohort, context.RequestAborted);
        var report = ReportBuilder.Build(new ReportInput
        {
            Profile = reading.Profile!,
            Assay = interpretation.Assay,
            Panel = interpretation.Panel,
            Cohort = await library.ChooseAsync(interpretation.Assay, interpretation.Panel, interpretation.Cohort, context.RequestAborted),
        });
        var envelope = new ReportEnvelope
        {
            Id = Guid.Empty,
            Version = 0,
            Status = "preliminary",
            IssuedAt = Times.ToMilliseconds(clock.GetUtcNow()),
        };
        context.Response.Headers.CacheControl = "no-store";
        var document = ReportDocument.Write(envelope, report);
        return rendition.Send(context, rendition.RenderAsync is { } render ? await render(document, context) : document);
    }
}
