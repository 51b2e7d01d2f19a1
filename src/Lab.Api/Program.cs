using Lab.Api.Hosting;
using Lab.Api.Storage;

var command = CommandLine.Parse(args);
if (command.IsAdministration) return await Administration.RunAsync(command);

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = command.HostArguments, ContentRootPath = AppContext.BaseDirectory });
if (LabKey.Missing(builder.Configuration, builder.Environment) is { } sentence)
{
    await Console.Error.WriteLineAsync(sentence);
    return 1;
}
builder.WebHost.ConfigureKestrel(HttpStrictness.Harden);
await using var postgres = await Database.EnsureServerAsync(builder);

builder.Services.AddDatabase();
builder.Services.AddMediation(builder.Configuration);
builder.Services.AddJobs(works: command.Works);
builder.Services.AddAccess(builder.Configuration, builder.Environment);
builder.Services.AddSingleton<RateLimits>();
builder.Services.AddProblems();
builder.Services.AddOpenApiDocument(builder.Configuration, builder.Environment);
builder.AddTelemetry(command.Role ?? "all");

await using var app = builder.Build();
await Database.PrepareAsync(app);

app.UseResponseConventions();
app.UseProblems();
app.UseStrictHttp();
app.UseRouting();
app.UseAuthentication();
app.UseRateLimits();
app.UseOpenApi();
app.UseAuthorization();
app.UseEntityTags();
if (command.Serves) app.MapContract();
app.MapHealth();
app.MapDashboard();

await Demo.StartAsync(app, command);
await app.RunAsync();
return 0;

/// <summary>The entry point, visible to the tests' host.</summary>
public sealed partial class Program;
