using Lab.Api.Tests.Contract;
using Microsoft.Playwright;
using Xunit;

namespace Lab.Api.Tests.Browser;

/// <summary>What a newcomer does first: open Swagger UI, press Execute, see a report.</summary>
public sealed class SwaggerUiTests(LabHost host, Chromium chromium) : IClassFixture<LabHost>
{
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
    public async Task Every_example_of_a_preview_that_is_picked_and_executed_shows_what_it_is_an_example_of()
    {
        await using var opened = await OpenAsync("/swagger/index.html#/Reports/previewReport");
        var operation = opened.Page.Locator("[id$='-previewReport']");
        var request = operation.Locator(".opblock-section-request-body");
        var mediaTypes = request.Locator("select.content-type");
        var picker = request.Locator(".examples-select select");
        await Assertions.Expect(picker).ToBeVisibleAsync(new() { Timeout = 20_000 });
        var executed = new List<string>();
        foreach (var mediaType in await ValuesAsync(mediaTypes))
        {
            await mediaTypes.SelectOptionAsync(mediaType);
            if (await picker.CountAsync() == 0) continue;
            foreach (var example in await ValuesAsync(picker))
            {
                await picker.SelectOptionAsync(example);
                var (finding, quality) = RequestExamplesTests.Said[example];
                await ExecuteAsync(operation, finding is null ? $"\"status\": \"{quality}\"" : $"\"code\": \"{finding}\"", example == "candida-16s" ? "\"reason\": \"kingdom-not-assayed\"" : $"\"status\": \"{quality}\"");
                await operation.Locator("button.btn-clear").ClickAsync();
                executed.Add(example);
            }
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{executed.Count} examples executed in the browser: {string.Join(", ", executed)}");
        Assert.Equal(RequestExamplesTests.Said.Keys.Order(StringComparer.Ordinal), executed.Order(StringComparer.Ordinal));
        Assert.Empty(opened.Mistakes);
    }

    private static async Task<IReadOnlyList<string>> ValuesAsync(ILocator select) => await select.EvaluateAsync<string[]>("s => [...s.options].map(o => o.value).filter(v => v !== '__MODIFIED__VALUE__')");

    private static async Task ExecuteAsync(ILocator operation, params string[] expected)
    {
        await operation.Locator("button.execute").ClickAsync();
        var answer = operation.Locator(".live-responses-table .response");
        await Assertions.Expect(answer.Locator(".response-col_status")).ToContainTextAsync("200", new() { Timeout = 20_000 });
        foreach (var part in expected) await Assertions.Expect(answer.Locator(".highlight-code").First).ToContainTextAsync(part, new() { Timeout = 20_000 });
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
        var page = await chromium.PageAsync(new() { ViewportSize = new() { Width = 1280, Height = 1600 } });
        var mistakes = new List<string>();
        page.PageError += (_, error) => mistakes.Add(error);
        await page.GotoAsync(new Uri(host.BaseAddress, path).ToString());
        return new(page, mistakes);
    }

    private sealed record Opened(IPage Page, List<string> Mistakes) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Page.Context.DisposeAsync();
    }
}
