using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Lab.Client;

/// <content>The lab's own cohorts and panels.</content>
public sealed partial class LabClient
{
    /// <summary>Reads a cohort with its distributions; of a version that is being built, how far it is.</summary>
    public Task<CohortDetails> GetCohortAsync(string id, int version, CancellationToken cancellation = default) => GetAsync<CohortDetails>(CohortPath(id, version), cancellation);

    /// <summary>What a cohort knows of a taxon.</summary>
    /// <exception cref="LabProblemException"><c>not-found</c> also where fewer than 2 % of its people have it.</exception>
    public Task<CohortTaxon> GetCohortTaxonAsync(string id, int version, long taxid, CancellationToken cancellation = default) =>
        GetAsync<CohortTaxon>(string.Create(CultureInfo.InvariantCulture, $"{CohortPath(id, version)}/taxa/{taxid}"), cancellation);

    /// <summary>Publishes the next version of a cohort from a table in the documented format; it is frozen at once.</summary>
    /// <exception cref="LabProblemException"><c>value-invalid</c> with every problem by its line; <c>version-taken</c>, <c>reference-fixed</c>.</exception>
    public Task<Cohort> PublishCohortAsync(string id, byte[] table, CancellationToken cancellation = default) =>
        SendAsync<Cohort>(HttpMethod.Post, $"v1/cohorts/{Uri.EscapeDataString(id)}/versions", new ByteArrayContent(table) { Headers = { ContentType = new("text/tab-separated-values") } }, cancellation);

    /// <summary>Begins to build the next version of a cohort of the lab's released reports.</summary>
    /// <exception cref="LabProblemException"><c>cohort-too-small</c>, <c>value-invalid</c>.</exception>
    public Task<Cohort> BuildCohortAsync(string id, CohortRequest request, CancellationToken cancellation = default) =>
        SendAsync<Cohort>(HttpMethod.Post, $"v1/cohorts/{Uri.EscapeDataString(id)}/versions", JsonContent.Create(request, options: Json), cancellation);

    /// <summary>Waits until a cohort is built.</summary>
    /// <returns>Published or failed.</returns>
    public async Task<Cohort> WaitForCohortAsync(string id, int version, CancellationToken cancellation = default)
    {
        while (true)
        {
            var cohort = (await GetCohortAsync(id, version, cancellation)).Cohort;
            if (cohort.Status != "building") return cohort;
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellation);
        }
    }

    /// <summary>Reads a panel as it was published, as JSON.</summary>
    public Task<JsonElement> GetPanelAsync(string id, int version, CancellationToken cancellation = default) => GetAsync<JsonElement>(PanelPath(id, version), cancellation);

    /// <summary>Publishes the next version of a panel, or keeps it as a draft.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="panel">The JSON of docs/panel-format.md.</param>
    /// <param name="draft">Keep it to be tried and replaced.</param>
    /// <param name="force">Why a rule may be more than information in more than a tenth of the healthy.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="LabProblemException"><c>value-invalid</c> with every problem by its pointer; <c>rule-too-common</c>, <c>version-taken</c>, <c>reference-fixed</c>.</exception>
    public Task<PanelStored> PublishPanelAsync(string id, string panel, bool draft = false, string? force = null, CancellationToken cancellation = default) =>
        SendAsync<PanelStored>(HttpMethod.Post, $"v1/panels/{Uri.EscapeDataString(id)}/versions{Query(("draft", draft ? "true" : null), ("force", force))}",
            new StringContent(panel, MediaTypeHeaderValue.Parse("application/json")), cancellation);

    /// <summary>Begins to try a panel over everything that is stored.</summary>
    public Task<Impact> RequestImpactAsync(string id, int version, string? cohort = null, CancellationToken cancellation = default) =>
        SendAsync<Impact>(HttpMethod.Post, $"{PanelPath(id, version)}/impact", JsonContent.Create(new { cohort }, options: Json), cancellation);

    /// <summary>How far the trial of a panel is, and what came of it.</summary>
    public Task<Impact> GetImpactAsync(string id, int version, Guid impact, CancellationToken cancellation = default) => GetAsync<Impact>($"{PanelPath(id, version)}/impact/{impact}", cancellation);

    /// <summary>Waits until a panel was tried.</summary>
    /// <returns>Succeeded, failed or cancelled.</returns>
    public async Task<Impact> WaitForImpactAsync(string id, int version, Guid impact, CancellationToken cancellation = default)
    {
        while (true)
        {
            var state = await GetImpactAsync(id, version, impact, cancellation);
            if (state.Status is not ("queued" or "running")) return state;
            await Task.Delay(TimeSpan.FromMilliseconds(250), cancellation);
        }
    }

    /// <summary>The reports that would change, one after the other.</summary>
    public async IAsyncEnumerable<ReportImpact> GetImpactReportsAsync(string id, int version, Guid impact, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using var request = Request(HttpMethod.Get, $"{PanelPath(id, version)}/impact/{impact}/reports");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await DemandSuccessAsync(response, cancellation);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(cancellation));
        while (await lines.ReadLineAsync(cancellation) is { } line) yield return JsonSerializer.Deserialize<ReportImpact>(line, Json)!;
    }

    private static string CohortPath(string id, int version) => string.Create(CultureInfo.InvariantCulture, $"v1/cohorts/{Uri.EscapeDataString(id)}/versions/{version}");

    private static string PanelPath(string id, int version) => string.Create(CultureInfo.InvariantCulture, $"v1/panels/{Uri.EscapeDataString(id)}/versions/{version}");
}
