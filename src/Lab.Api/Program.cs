using Lab.Api.Hosting;

var command = CommandLine.Parse(args);
if (command.IsAdministration) return await Administration.RunAsync(command);

var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = command.HostArguments, ContentRootPath = AppContext.BaseDirectory });
builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
await using var postgres = await Database.EnsureServerAsync(builder);

builder.Services.AddDatabase();
builder.Services.AddMediation(builder.Configuration);
builder.Services.AddJobs(works: command.Works);
builder.Services.AddAccess(builder.Environment);
builder.Services.AddProblems();
builder.Services.AddOpenApiDocument();

await using var app = builder.Build();
await Database.PrepareAsync(app);

app.UseProblems();
app.UseResponseConventions();
app.UseOpenApi();
app.UseAuthentication();
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
