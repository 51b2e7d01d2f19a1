using System.Text.Json.Nodes;
using Lab.Api.Events;
using Lab.Api.Webhooks;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.SwaggerGen;

namespace Lab.Api.Hosting;

/// <summary>The requests that webhooks send: the <c>webhooks</c> of the document.</summary>
public static class OpenApiWebhooks
{
    private static readonly (string Type, string Summary, string Description)[] Events =
    [
        (SampleEvent.Released, "A report was released", "The first released version of a sample and assay, by a person or by itself. Read it by its id."),
        (SampleEvent.Amended, "A report was amended", "A later version that says more or otherwise; the one before answers unchanged and names it in `Link`."),
        (SampleEvent.Corrected, "A report was corrected", "A later version, because the one before was wrong. Whoever acted on that one has to be told."),
        (SampleEvent.Withdrawn, "A report was withdrawn", "The version before must not be used any more."),
        (SampleEvent.AnalysisFailed, "An analysis failed", "It was given up; the lab is asked to look."),
        (SampleEvent.SampleRejected, "A sample was rejected", "It is not analysed. `GET /v1/samples/{accession}` says why."),
        (Delivery.TestType, "A test", "Asked for by `POST /v1/webhooks/{id}/test`; it is about nothing."),
    ];

    public static IEnumerable<(string Type, IOpenApiPathItem Item)> Of(DocumentFilterContext context)
    {
        var schema = context.SchemaGenerator.GenerateSchema(typeof(WebhookMessage), context.SchemaRepository);
        return Events.Select(e => (e.Type, (IOpenApiPathItem)new OpenApiPathItem
        {
            Operations = new Dictionary<HttpMethod, OpenApiOperation>
            {
                [HttpMethod.Post] = new()
                {
                    OperationId = $"on-{e.Type.Replace('.', '-')}",
                    Summary = e.Summary,
                    Description = e.Description,
                    Parameters =
                    [
                        Header("webhook-id", "The same on every try of an event: what you have seen under it, do not do again.", "evt_019938c27b487d90a2c48f1e6d3b7a09"),
                        Header("webhook-timestamp", "When this try began, in seconds since 1970. Refuse what is older than five minutes.", "1795862400"),
                        Header("webhook-signature", "One or, for a day after a rotation, two signatures, with a space between: `v1,` and the base64 of HMAC-SHA256 over `{webhook-id}.{webhook-timestamp}.{body}`.",
                            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
                    ],
                    RequestBody = new OpenApiRequestBody
                    {
                        Required = true,
                        Description = "Ids only: what happened is read with a key.",
                        Content = new Dictionary<string, OpenApiMediaType> { ["application/json"] = new() { Schema = schema, Example = Example(e.Type) } },
                    },
                    Responses = new OpenApiResponses
                    {
                        ["2XX"] = new OpenApiResponse { Description = "Got it. Answer within 15 seconds, and work afterwards." },
                        ["410"] = new OpenApiResponse { Description = "Nobody is here any more: the webhook is disabled." },
                        ["default"] = new OpenApiResponse { Description = "Not now: it is tried again, for three days." },
                    },
                },
            },
        }));
    }

    private static OpenApiParameter Header(string name, string description, string example) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Required = true,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        Example = example,
    };

    private static JsonNode Example(string type)
    {
        var data = type switch
        {
            Delivery.TestType => new EventData(null, null, null),
            SampleEvent.AnalysisFailed or SampleEvent.SampleRejected => new EventData("LIMS-2026-00123", null, null),
            _ => new EventData("LIMS-2026-00123", new Guid("019938c2-7b48-7d90-a2c4-8f1e6d3b7a09"), type == SampleEvent.Released ? 1 : 3),
        };
        return JsonNode.Parse(WebhookMessage.Write(type, new DateTimeOffset(2026, 11, 28, 9, 30, 0, 412, TimeSpan.Zero), data))!;
    }
}
