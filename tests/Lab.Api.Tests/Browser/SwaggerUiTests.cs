using Microsoft.Playwright;
using Xunit;

namespace Lab.Api.Tests.Browser;

/// <summary>What a newcomer does first: open Swagger UI, press Execute, see a report.</summary>
public sealed class SwaggerUiTests(LabHost host) : IClassFixture<LabHost>
{
    private static readonly string Chromium = Environment.GetEnvironmentVariable("CHROMIUM_PATH") ?? "/usr/bin/chromium";

    [Fact]
    public async Task Try_it_out_of_a_preview_answers_a_whole_report_at_once()
    {
        await using var opened = await OpenAsync("/swagger");
        var page = opened.Page;
        await page.Locator("#operations-tag-Reports").ClickAsync();
        var operation = page.Locator("[id$='-previewReport']");
        await operation.Locator(".opblock-summary-control").ClickAsync();
        var body = operation.Locator("textarea.body-param__text");
        Assert.Contains("Klebsiella", await body.InputValueAsync(), StringComparison.Ordinal);
        Assert.True(await body.IsEditableAsync());
        await ExecuteAsync(operation, "\"findings\"");
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "swagger-ui.png"), FullPage = true });
        Assert.Empty(opened.Mistakes);
    }

    [Fact]
    public async Task The_story_stands_in_its_order_upload_follow_read()
    {
        await using var opened = await OpenAsync("/swagger");
        var tags = opened.Page.Locator(".opblock-tag");
        await Assertions.Expect(tags).ToHaveCountAsync(12, new() { Timeout = 20_000 });
        var texts = await tags.AllInnerTextsAsync();
        foreach (var (place, word) in new[] { (0, "Upload:"), (1, "Follow:"), (2, "Read:") }) Assert.Contains(word, texts[place], StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_example_that_is_picked_is_executed()
    {
        await using var opened = await OpenAsync("/swagger/index.html#/Reports/previewReport");
        var operation = opened.Page.Locator("[id$='-previewReport']");
        var request = operation.Locator(".opblock-section-request-body");
        foreach (var (mediaType, example, expected) in new[]
        {
            ("text/plain", "low-diversity", "\"code\": \"low-diversity\""), ("text/plain", "candida-shotgun", "\"code\": \"candida-high\""), ("application/json", "candida-16s", "\"reason\": \"kingdom-not-assayed\""),
        })
        {
            await request.Locator("select.content-type").SelectOptionAsync(mediaType);
            await request.Locator(".examples-select select").SelectOptionAsync(example);
            await ExecuteAsync(operation, expected);
        }
        Assert.Empty(opened.Mistakes);
    }

    private static async Task ExecuteAsync(ILocator operation, string expected)
    {
        await operation.Locator("button.execute").ClickAsync();
        var answer = operation.Locator(".live-responses-table .response");
        await Assertions.Expect(answer.Locator(".response-col_status")).ToContainTextAsync("200", new() { Timeout = 20_000 });
        await Assertions.Expect(answer.Locator(".highlight-code").First).ToContainTextAsync(expected, new() { Timeout = 20_000 });
    }

    [Fact]
    public async Task The_demo_key_is_filled_in()
    {
        await using var opened = await OpenAsync("/swagger");
        var page = opened.Page;
        await page.Locator(".auth-wrapper .btn.authorize.locked").ClickAsync();
        await Assertions.Expect(page.Locator(".auth-container").First).ToContainTextAsync("Authorized");
    }

    private async Task<Opened> OpenAsync(string path)
    {
        Assert.SkipUnless(File.Exists(Chromium), $"There is no Chromium at {Chromium}; CHROMIUM_PATH names another.");
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 1600 } });
        var mistakes = new List<string>();
        page.PageError += (_, error) => mistakes.Add(error);
        await page.GotoAsync(new Uri(host.BaseAddress, path).ToString());
        return new(playwright, browser, page, mistakes);
    }

    private sealed record Opened(IPlaywright Playwright, IBrowser Browser, IPage Page, List<string> Mistakes) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Browser.DisposeAsync();
            Playwright.Dispose();
        }
    }
}
