using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Cohorts;
using Lab.Api.Events;
using Lab.Api.Exports;
using Lab.Api.Panels;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Reports;
using Lab.Api.Samples;
using Lab.Api.Subjects;
using Lab.Api.Tasks;
using Lab.Api.Taxa;
using Lab.Api.Webhooks;
using Lab.Microbiome.Reports;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;
using SampleContext = Lab.Api.Samples.SampleContext;

namespace Lab.Api.Hosting;

/// <summary>Which members are always there, which may be null, and which words they may hold.</summary>
public sealed class ContractSchemas : ISchemaFilter
{
    private static readonly NullabilityInfoContext Nullability = new();

    /// <summary>What clients send: only what is demanded is required.</summary>
    private static readonly Type[] Inputs =
        [typeof(SampleRegistration), typeof(SampleContext), typeof(RejectionRequest), typeof(AnalysisRequest), typeof(ReleaseNote), typeof(ChangeReason), typeof(CohortRequest), typeof(ImpactRequest), typeof(AssayDefinition), typeof(AssaySource), typeof(TaxonNames),
            typeof(ExportRequest), typeof(ExportFilter), typeof(WebhookRequest), typeof(KnownHead), typeof(ComparisonRequest), typeof(PartnerDefinition), typeof(ApiKeyRequest), typeof(ApiKeyRotation)];

    private static readonly string[] Ranks = ["domain", "kingdom", "phylum", "class", "order", "family", "genus", "species", "strain"];

    private static readonly string[] Severities = ["info", "low", "moderate", "high"], Changes = ["added", "removed", "changed"],
        Impacts = [PanelImpact.Appears, PanelImpact.Vanishes, PanelImpact.Changes];

    private static readonly Dictionary<(Type, string), string[]> Words = new()
    {
        [(typeof(SampleDetails), "status")] = ["registered", "analysing", "reported", "rejected"],
        [(typeof(SampleSummary), "status")] = ListSamples.Statuses,
        [(typeof(AnalysisState), "status")] = ListAnalyses.Statuses,
        [(typeof(CurrentReport), "status")] = ListReports.Statuses,
        [(typeof(UploadAccepted), "unit")] = ["reads", "fraction", "percent"],
        [(typeof(NormalisedProfile), "unit")] = ["reads", "fraction", "percent"],
        [(typeof(AssayDetails), "unit")] = ["reads", "fraction", "percent"],
        [(typeof(AssayDetails), "platform")] = ["shotgun", "amplicon"],
        [(typeof(ValidatedSample), "unit")] = ["reads", "fraction", "percent"],
        [(typeof(ProfileMetric), "status")] = ["within", "low", "high", "not-assessable"],
        [(typeof(TableTaxon), "status")] = ["within", "low", "high", "absent", "not-detected", "not-assessable"],
        [(typeof(TaxonNames), "rank")] = Ranks,
        [(typeof(TableTaxon), "rank")] = [.. Ranks, "none"],
        [(typeof(AssayDefinition), "unit")] = ["reads", "fraction", "percent"],
        [(typeof(AssayDefinition), "platform")] = ["shotgun", "amplicon"],
        [(typeof(AssayDefinition), "lowestRank")] = ["species", "genus"],
        [(typeof(ReportSummary), "status")] = ListReports.Statuses,
        [(typeof(ReportSummary), "quality")] = ["pass", "warn", "fail"],
        [(typeof(ChangeReason), "reason")] = [.. ReportSeries.Reasons.Keys.Order(StringComparer.Ordinal)],
        [(typeof(ContextCodeDetails), "kind")] = ["symptoms", "redFlags", "diagnoses", "medication"],
        [(typeof(FindingExplanation), "kind")] = ["metric", "taxon", "genera", "guild", "ratio"],
        [(typeof(FindingExplanation), "direction")] = ["low", "high", "absent"],
        [(typeof(FindingExplanation), "cohortMatch")] = ["same-method", "same-platform"],
        [(typeof(FindingExplanation), "severity")] = Severities,
        [(typeof(SeverityReason), "severity")] = Severities,
        [(typeof(SeverityReason), "code")] = ["distance", "rule-limits", "evidence-limits", "common-in-cohort", "base-rate-unknown", "counting-uncertain", "cohort-other-method", "information-only"],
        [(typeof(DiffVersion), "status")] = ["preliminary", "final", "amended", "corrected", "entered-in-error"],
        [(typeof(CheckState), "status")] = ["pass", "warn", "fail", "not-assessable"],
        [(typeof(MeasuredState), "status")] = ["within", "low", "high", "absent", "not-detected", "not-assessable"],
        [(typeof(MeasurementDifference), "kind")] = ["metric", "ratio", "guild", "index"],
        [(typeof(TaxonDifference), "rank")] = ["phylum", "family", "genus", "species"],
        [(typeof(FindingState), "direction")] = ["low", "high", "absent"],
        [(typeof(FindingState), "severity")] = Severities,
        [(typeof(CheckDifference), "change")] = Changes,
        [(typeof(MeasurementDifference), "change")] = Changes,
        [(typeof(TaxonDifference), "change")] = Changes,
        [(typeof(FindingDifference), "change")] = Changes,
        [(typeof(CodeDifference), "change")] = Changes,
        [(typeof(ExportRequest), "format")] = ExportRules.Formats,
        [(typeof(ExportRequest), "rank")] = ExportRules.Ranks,
        [(typeof(ExportRequest), "unit")] = ExportRules.Units,
        [(typeof(ExportFilter), "status")] = ExportRules.Statuses,
        [(typeof(ExportState), "status")] = ListAnalyses.Statuses,
        [(typeof(ExportState), "format")] = ExportRules.Formats,
        [(typeof(ExportStopped), "status")] = ["cancelled", "removed"],
        [(typeof(DeliveryDetails), "status")] = Delivery.Statuses,
        [(typeof(DeliveryAttempt), "status")] = [Delivery.Delivered, WebhookSender.Failed],
        [(typeof(AuditProblem), "code")] = ["row-changed", "row-missing", "row-added", "head-changed"],
        [(typeof(EventItem), "type")] = SampleEvent.Types,
        [(typeof(WebhookMessage), "type")] = [.. SampleEvent.Types, Delivery.TestType],
        [(typeof(TimelineReport), "status")] = ListReports.Statuses,
        [(typeof(TimelineReport), "quality")] = ["pass", "warn", "fail"],
        [(typeof(TimelineSeries), "kind")] = ["metric", "ratio", "guild", "index"],
        [(typeof(TimelinePoint), "status")] = ["within", "low", "high", "absent", "not-detected", "not-assessable"],
        [(typeof(ReportDistance), "metric")] = ["bray-curtis", "aitchison"],
        [(typeof(ReportChange), "kind")] = ["metric", "ratio", "guild", "index", "phylum", "family", "genus"],
        [(typeof(ReportChange), "scale")] = ["log2", "difference"],
        [(typeof(ApiKeyDetails), "status")] = ListApiKeys.Statuses,
        [(typeof(CohortSummary), "status")] = [CohortVersion.Building, CohortVersion.Published, CohortVersion.Failed],
        [(typeof(CohortSummary), "platform")] = ["shotgun", "amplicon"],
        [(typeof(CohortRequest), "sex")] = PutSample.Sexes,
        [(typeof(SampleRegistration), "sex")] = PutSample.Sexes,
        [(typeof(PanelSummary), "status")] = [PanelVersion.Draft, PanelVersion.Published],
        [(typeof(PanelStored), "status")] = [PanelVersion.Draft, PanelVersion.Published],
        [(typeof(ImpactState), "status")] = LongTask.Statuses,
        [(typeof(FindingImpact), "change")] = Impacts,
        [(typeof(FindingChange), "change")] = Impacts,
        [(typeof(Health), "status")] = ["live", "ready"],
    };

    public void Apply(IOpenApiSchema schema, SchemaFilterContext context)
    {
        if (schema is not OpenApiSchema { Properties: { Count: > 0 } properties } described || context.Type.Assembly.GetName().Name?.StartsWith("Lab.", StringComparison.Ordinal) != true) return;
        var input = Inputs.Contains(context.Type);
        described.Required = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var member in context.Type.GetProperties())
        {
            var name = JsonNamingPolicy.CamelCase.ConvertName(member.Name);
            if (!properties.TryGetValue(name, out var property)) continue;
            var omitted = member.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition is { } condition and not JsonIgnoreCondition.Never;
            if (input ? member.IsDefined(typeof(RequiredMemberAttribute)) : !omitted) described.Required.Add(name);
            lock (Nullability)
            {
                // Where a missing member stands for null, null itself is never sent.
                if (Nullability.Create(member).ReadState == NullabilityState.Nullable && !omitted) properties[name] = property = OrNull(property);
                else if (property is OpenApiSchema { Type: { } type } plain) plain.Type = type & ~JsonSchemaType.Null;
            }
            if (property is OpenApiSchema { Items: OpenApiSchema scope } && name == "scopes") scope.Enum = [.. Partners.Scope.All.Select(s => JsonValue.Create(s))];
            if (property is OpenApiSchema hours && name == "overlapHours") (hours.Minimum, hours.Maximum) = ("0", "720");
            if (property is OpenApiSchema scale && name == "bristolScale") (scale.Minimum, scale.Maximum) = ("1", "7");
            if (property is OpenApiSchema worded && Words.TryGetValue((context.Type, name), out var words)) worded.Enum = [.. words.Select(w => JsonValue.Create(w)), .. worded.Type?.HasFlag(JsonSchemaType.Null) == true ? [JsonNullSentinel.JsonNull] : Array.Empty<JsonNode>()];
            if (name == "events" && property is OpenApiSchema { Items: OpenApiSchema listed }) listed.Enum = [.. SampleEvent.Types.Select(w => JsonValue.Create(w))];
            if (property is OpenApiSchema code && context.Type == typeof(SampleContext) && code.Items is OpenApiSchema items)
            {
                items.Enum = [.. ContextCodes.Shipped.Lists().Single(l => l.Name == name).Codes.Select(w => JsonValue.Create(w))];
            }
        }
        if (described.Required.Count == 0) described.Required = null;
    }

    private static OpenApiSchema OrNull(IOpenApiSchema schema)
    {
        if (schema is not OpenApiSchema plain) return new OpenApiSchema { Description = schema.Description, OneOf = [new OpenApiSchema { Type = JsonSchemaType.Null }, schema] };
        if (plain.Type is { } type) plain.Type = type | JsonSchemaType.Null;
        return plain;
    }
}
