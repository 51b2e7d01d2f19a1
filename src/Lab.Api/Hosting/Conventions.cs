using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Diagnostics;

namespace Lab.Api.Hosting;

/// <summary>What every response has: problems as problem documents, a request id, headers fit for health data.</summary>
public static class Conventions
{
    public static IServiceCollection AddProblems(this IServiceCollection services)
    {
        services.AddExceptionHandler<ProblemWriting>();
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = Json.Options.PropertyNamingPolicy;
            json.SerializerOptions.Encoder = Json.Options.Encoder;
            json.SerializerOptions.Converters.Add(new Json.UtcTime());
            json.SerializerOptions.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter(System.Text.Json.JsonNamingPolicy.KebabCaseLower));
            json.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
        });
        return services;
    }

    public static void UseProblems(this WebApplication app)
    {
        // Without a selector, .NET 10 makes a 500 of a client's mistake (413, 408, 400).
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = exception => exception is BadHttpRequestException bad ? bad.StatusCode : StatusCodes.Status500InternalServerError,
            ExceptionHandler = context => ProblemWriting.WriteBareStatusAsync(context),
            SuppressDiagnosticsCallback = _ => true,
        });
        app.UseStatusCodePages(status => ProblemWriting.WriteBareStatusAsync(status.HttpContext));
    }

    /// <summary>Reads have a strong ETag of their bytes and are 304 to who has them. A report knows its own without being read.</summary>
    public static void UseEntityTags(this WebApplication app) => app.Use(async (context, next) =>
    {
        var reads = HttpMethods.IsGet(context.Request.Method) && context.Request.Path.StartsWithSegments("/v1", StringComparison.Ordinal);
        var endpoint = context.GetEndpoint()?.Metadata;
        if (!reads || endpoint?.GetMetadata<OperationMetadata.ReportBody>() is not null || endpoint?.GetMetadata<OperationMetadata.StreamedBody>() is not null)
        {
            await next(context);
            return;
        }
        var response = context.Response;
        var body = response.Body;
        using var buffer = new MemoryStream();
        response.Body = buffer;
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = body;
        }
        if (response.StatusCode == StatusCodes.Status200OK)
        {
            // What If-Match looks at (a revision) stands before the hyphen; the bytes may change without it.
            var revision = response.Headers.ETag.FirstOrDefault() is { } given ? $"{given.Trim('"')}-" : "";
            var tag = $"\"{revision}{Convert.ToHexStringLower(SHA256.HashData(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)))[..16]}\"";
            response.Headers.ETag = tag;
            response.Headers.CacheControl = "private, no-cache";
            if (context.Request.GetTypedHeaders().IfNoneMatch.Any(known => known.Tag == "*" || known.Tag == tag))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                response.ContentLength = null;
                response.Headers.Remove("Content-Type");
                return;
            }
        }
        if (response.StatusCode == StatusCodes.Status200OK) response.ContentLength = buffer.Length;
        buffer.Position = 0;
        await buffer.CopyToAsync(body, context.RequestAborted);
    });

    public static void UseResponseConventions(this WebApplication app) => app.Use((context, next) =>
    {
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers["Request-Id"] = Activity.Current?.TraceId.ToString() ?? context.TraceIdentifier;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            if (context.Request.IsHttps) headers.StrictTransportSecurity = "max-age=31536000";
            // A page that runs (Swagger UI, the dashboard) has scripts of its own; the report page says itself what it may.
            if (headers.ContentSecurityPolicy.Count == 0)
            {
                headers.ContentSecurityPolicy = context.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true ? "frame-ancestors 'none'" : "default-src 'none'; frame-ancestors 'none'";
            }
            if (headers.Allow.ToString() is { } allow && allow.Contains("GET", StringComparison.Ordinal) && !allow.Contains("HEAD", StringComparison.Ordinal)) headers.Allow = $"{allow}, HEAD";
            if (headers.CacheControl.Count == 0) headers.CacheControl = "no-store";
            return Task.CompletedTask;
        });
        return next(context);
    });
}
