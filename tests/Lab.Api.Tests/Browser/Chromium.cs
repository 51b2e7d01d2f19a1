using Lab.Api.Tests.Browser;
using Microsoft.Playwright;
using Xunit;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace Lab.Api.Tests.Browser;

/// <summary>One browser for the run, started when a test first asks for a page; each page has its own context.</summary>
public sealed class Chromium : IAsyncDisposable
{
    private static readonly string Executable = Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? "/usr/bin/chromium";

    private readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> started = new(StartAsync);

    /// <summary>A page in a new context; disposing its context closes it.</summary>
    public async Task<IPage> PageAsync(BrowserNewPageOptions options)
    {
        Assert.SkipUnless(File.Exists(Executable), $"There is no Chromium at {Executable}; CHROMIUM_PATH names another.");
        return await (await started.Value).Browser.NewPageAsync(options);
    }

    public async ValueTask DisposeAsync()
    {
        if (!started.IsValueCreated || !started.Value.IsCompletedSuccessfully) return;
        var (playwright, browser) = await started.Value;
        await browser.DisposeAsync();
        playwright.Dispose();
    }

    private static async Task<(IPlaywright Playwright, IBrowser Browser)> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        return (playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Executable, Args = ["--no-sandbox"] }));
    }
}
