using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.OpenApi;
using Swashbuckle.AspNetCore.Swagger;
using Swashbuckle.AspNetCore.SwaggerGen;
using Swashbuckle.AspNetCore.SwaggerUI;

namespace Lab.Api.Hosting;

/// <summary>The contract as a document (OpenAPI 3.1) and Swagger UI, where Try it out works at once.</summary>
public static class OpenApi
{
    private const string Document = "v1", Address = "/openapi/v1.json", AddressOfUi = "/swagger/v1.json";

    /// <summary>Where an authority is configured, Swagger UI can log in there; the document that is committed knows of none.</summary>
    public static IServiceCollection AddOpenApiDocument(this IServiceCollection services, IConfiguration configuration, IHostEnvironment environment)
    {
        var authority = TokenAuthority.Of(configuration, environment);
        services.AddEndpointsApiExplorer();
        return services.AddSwaggerGen(swagger =>
        {
            swagger.SwaggerDoc(Document, new OpenApiInfo
            {
                Title = "Lab",
                Version = "v1",
                Description = "The REST back end of a laboratory that analyses stool samples for the gut microbiome: instruments upload what their pipeline wrote, jobs compute, partners read reports.",
                License = new OpenApiLicense { Name = "Apache-2.0", Identifier = "Apache-2.0" },
            });
            swagger.AddSecurityDefinition(ApiKeyAuthentication.SchemeName, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.ApiKey,
                In = ParameterLocation.Header,
                Name = ApiKeyAuthentication.Header,
                Description = "A key of the lab or of a partner. In Development the demo key is filled in.",
            });
            swagger.AddSecurityDefinition(TokenAuthority.SchemeName, new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                BearerFormat = "JWT",
                Description = "An access token (RFC 9068) of the authority that the service trusts, where one is configured: `scope` names the scopes, a claim whose it is.",
            });
            if (authority is not null)
            {
                swagger.AddSecurityDefinition(TokenLogin.SchemeName, new OpenApiSecurityScheme { Type = SecuritySchemeType.OpenIdConnect, OpenIdConnectUrl = authority.Discovery, Description = "Log in at the authority." });
            }
            swagger.SupportNonNullableReferenceTypes();
            swagger.NonNullableReferenceTypesAsRequired();
            swagger.AddServer(new OpenApiServer { Url = "/", Description = "The host that serves this document." });
            // As they are mapped: in the order of the story.
            swagger.OrderActionsBy(_ => "");
            swagger.MapType<JsonNode>(() => new OpenApiSchema { Type = JsonSchemaType.Object });
            swagger.MapType<JsonObject>(() => new OpenApiSchema { Type = JsonSchemaType.Object });
            swagger.CustomSchemaIds(SchemaId);
            swagger.SchemaFilter<ContractSchemas>();
            swagger.OperationFilter<ContractOperations>();
            if (authority is not null) swagger.OperationFilter<TokenLogin>();
            swagger.DocumentFilter<ContractDocument>();
            foreach (var assembly in new[] { typeof(OpenApi).Assembly, typeof(Lab.Microbiome.Profiles.Assay).Assembly })
            {
                var comments = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
                if (File.Exists(comments)) swagger.IncludeXmlComments(comments);
            }
        });
    }

    /// <summary>The document as it is committed.</summary>
    public static Task<string> WriteAsync(IServiceProvider services) => WriteAsync(services, OpenApiSpecVersion.OpenApi3_1);

    private static async Task<string> WriteAsync(IServiceProvider services, OpenApiSpecVersion version)
    {
        await using var scope = services.CreateAsyncScope();
        var document = await scope.ServiceProvider.GetRequiredService<IAsyncSwaggerProvider>().GetSwaggerAsync(Document);
        if (version == OpenApiSpecVersion.OpenApi3_0) TellWhatIsLost(document);
        var text = await document.SerializeAsJsonAsync(version);
        return text.ReplaceLineEndings("\n") + "\n";
    }

    /// <summary>OpenAPI 3.0 has no webhooks, and no examples of a schema that are only shown.</summary>
    private static void TellWhatIsLost(OpenApiDocument document)
    {
        document.Info.Description += $"\n\nTo generate clients from, and with the requests that webhooks get: [the API description]({Address}) in OpenAPI 3.1.";
        foreach (var parameter in document.Paths.Values.SelectMany(path => path.Operations!.Values).SelectMany(operation => operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            if (parameter is { Example: null, Schema.Examples: [var example, ..] }) parameter.Description += $" For example `{example}`.";
        }
    }

    /// <summary>A page of taxa is a TaxonPage; a guild of a panel is not what a report calls one.</summary>
    private static string SchemaId(Type type) => type.IsGenericType
        ? string.Concat(type.GetGenericArguments().Select(SchemaId)) + type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]
        : type.Namespace == typeof(Lab.Microbiome.Panels.Panel).Namespace && OpenApiParts.ReportSchemaNames.Contains(type.Name) ? $"Panel{type.Name}" : type.Name;

    /// <summary>In Development the document and the UI are open; elsewhere they are for people of the lab.</summary>
    public static void UseOpenApi(this WebApplication app)
    {
        var open = app.Environment.IsDevelopment();
        // Swagger UI reads the same as OpenAPI 3.0: a document of 3.1 keeps it busy for seconds before anything is drawn, and for seconds more at the first operation.
        foreach (var (address, version) in new[] { (Address, OpenApiSpecVersion.OpenApi3_1), (AddressOfUi, OpenApiSpecVersion.OpenApi3_0) })
        {
            var text = new Lazy<Task<string>>(() => WriteAsync(app.Services, version));
            var document = app.MapGet(address, async () => TypedResults.Text(await text.Value, "application/json")).ExcludeFromDescription();
            if (open) document.AllowAnonymous();
            else document.RequireAuthorization(Access.Staff);
        }
        if (!open) app.UseWhen(context => context.Request.Path.StartsWithSegments("/swagger", StringComparison.OrdinalIgnoreCase), ui => ui.Use(DemandStaffAsync));
        var authority = TokenAuthority.Of(app.Configuration, app.Environment);
        app.UseSwaggerUI(ui =>
        {
            ui.DocumentTitle = "Lab: the API";
            ui.SwaggerEndpoint(AddressOfUi, "Lab v1");
            ui.EnableTryItOutByDefault();
            ui.EnableDeepLinking();
            ui.DisplayRequestDuration();
            ui.DefaultModelsExpandDepth(-1);
            // One line for each part of the story; the 77 operations are drawn when a part is opened, and an answer of many pages without colours.
            ui.DocExpansion(DocExpansion.None);
            ui.ConfigObject.AdditionalItems["syntaxHighlight"] = false;
            if (authority?.ClientId is { } client)
            {
                ui.OAuthClientId(client);
                ui.OAuthUsePkce();
            }
            if (app.Services.GetRequiredService<DemoKey>().Value is not { } key) return;
            ui.HeadContent = $$"""
                <script>addEventListener('load', () => { const timer = setInterval(() => {
                    // Null until the document has been read.
                    if (window.ui?.preauthorizeApiKey('{{ApiKeyAuthentication.SchemeName}}', {{JsonValue.Create(key)!.ToJsonString()}})) clearInterval(timer); }, 50); });</script>
                """;
        });
    }

    private static async Task DemandStaffAsync(HttpContext context, RequestDelegate next)
    {
        if ((await context.RequestServices.GetRequiredService<IAuthorizationService>().AuthorizeAsync(context.User, Access.Staff)).Succeeded) await next(context);
        else if (context.User.Identity?.IsAuthenticated == true) await Access.ForbidAsync(context);
        else await context.ChallengeAsync();
    }

    /// <summary>The login at the authority as another way in.</summary>
    private sealed class TokenLogin : IOperationFilter
    {
        public const string SchemeName = "OpenIdConnect";

        public void Apply(OpenApiOperation operation, OperationFilterContext context)
        {
            if (operation.Security is not { Count: > 0 } ways) return;
            var scopes = context.ApiDescription.ActionDescriptor.EndpointMetadata.OfType<IAuthorizeData>().Select(a => a.Policy).OfType<string>().Where(scope => scope != Partners.Scope.AnyKey);
            ways.Add(new() { [new OpenApiSecuritySchemeReference(SchemeName, context.Document)] = [.. scopes] });
        }
    }
}
