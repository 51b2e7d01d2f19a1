using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace Lab.Benchmarks;

/// <summary>What Kestrel and Npgsql do with the same bytes when nobody asks who reads them: no key, no policy, no audit, no negotiation.</summary>
internal static class BareServer
{
    public static async Task RunAsync(string database)
    {
        var builder = WebApplication.CreateSlimBuilder();
        await using var app = builder.Build();
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database) { MaxPoolSize = 20, MaxAutoPrepare = 10 }.ConnectionString);
        app.MapGet("/ready", () => "ready");
        app.MapGet("/report/{id:guid}", async (Guid id, HttpContext context) =>
        {
            await using var command = source.CreateCommand("SELECT document FROM lab.report WHERE id = $1");
            command.Parameters.Add(new() { Value = id });
            var document = (byte[])(await command.ExecuteScalarAsync(context.RequestAborted))!;
            (context.Response.ContentType, context.Response.ContentLength, context.Response.Headers.ContentEncoding) = ("application/json", document.Length, "gzip");
            await context.Response.Body.WriteAsync(document, context.RequestAborted);
        });
        app.MapGet("/etag/{id:guid}", async (Guid id, HttpContext context) =>
        {
            await using var command = source.CreateCommand("SELECT etag FROM lab.report WHERE id = $1");
            command.Parameters.Add(new() { Value = id });
            context.Response.Headers.ETag = $"\"{(string)(await command.ExecuteScalarAsync(context.RequestAborted))!}\"";
            context.Response.StatusCode = StatusCodes.Status304NotModified;
        });
        await app.RunAsync();
    }
}
