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
        Assert.SkipUnless(File.Exists(Chromium), $"There is no Chromium at {Chromium}; CHROMIUM_PATH names another.");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1280, Height = 1600 } });
        var mistakes = new List<string>();
        page.PageError += (_, error) => mistakes.Add(error);

        await page.GotoAsync(new Uri(host.BaseAddress, "/swagger").ToString());
        var operation = page.Locator("[id$='-previewReport']");
        await operation.Locator(".opblock-summary-control").ClickAsync();
        var body = operation.Locator("textarea.body-param__text");
        Assert.Contains("Klebsiella", await body.InputValueAsync(), StringComparison.Ordinal);
        Assert.True(await body.IsEditableAsync());
        await operation.Locator("button.execute").ClickAsync();

        var answer = operation.Locator(".live-responses-table .response");
        await Assertions.Expect(answer.Locator(".response-col_status")).ToContainTextAsync("200", new() { Timeout = 20_000 });
        await Assertions.Expect(answer.Locator(".highlight-code").First).ToContainTextAsync("\"findings\"");
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "swagger-ui.png"), FullPage = true });
        Assert.Empty(mistakes);
    }

    [Fact]
    public async Task The_demo_key_is_filled_in()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"There is no Chromium at {Chromium}; CHROMIUM_PATH names another.");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = ["--no-sandbox"] });
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(host.BaseAddress, "/swagger").ToString());
        await page.Locator(".auth-wrapper .btn.authorize.locked").ClickAsync();
        await Assertions.Expect(page.Locator(".auth-container").First).ToContainTextAsync("Authorized");
    }
}
