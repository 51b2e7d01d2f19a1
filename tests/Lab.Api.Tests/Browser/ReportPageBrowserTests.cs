using Lab.Api.Reports.Page;
using Microsoft.Playwright;
using Xunit;

namespace Lab.Api.Tests.Browser;

/// <summary>The report page as a browser shows it: to everybody, from itself alone.</summary>
public sealed class ReportPageBrowserTests(LabHost host, Chromium chromium) : IClassFixture<LabHost>
{
    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("en", ColorScheme.Dark)]
    [InlineData("nl", ColorScheme.Light)]
    [InlineData("nl", ColorScheme.Dark)]
    public async Task No_view_violates_WCAG_2_2_AA(string language, ColorScheme scheme)
    {
        var axe = Environment.GetEnvironmentVariable("AXE_PATH");
        Assert.SkipUnless(File.Exists(axe), "axe-core is not here: AXE_PATH names its axe.min.js, which .ci/run fetches with npm.");
        var report = await ReportAsync();
        // The policy of the page keeps a checker out, too.
        var page = await PageAsync(new() { ColorScheme = scheme, BypassCSP = true, ViewportSize = new() { Width = 390, Height = 844 } });
        await using var context = page.Context;
        foreach (var view in ReportPage.Views)
        {
            await page.GotoAsync(new Uri(host.BaseAddress, $"v1/reports/{report}?lang={language}&view={view}").ToString());
            await page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
            await page.AddScriptTagAsync(new() { Path = axe });
            var violations = await page.EvaluateAsync<string[]>("""
                async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
                    .violations.map(v => `${v.id}: ${v.nodes[0].html}`)
                """);
            Assert.Equal((view, ""), (view, string.Join('\n', violations)));
        }
    }

    [Fact]
    public async Task The_page_asks_for_nothing_but_itself_and_needs_no_script()
    {
        var report = await ReportAsync();
        var page = await PageAsync(new() { JavaScriptEnabled = false });
        await using var context = page.Context;
        var (requests, complaints) = (new List<string>(), new List<string>());
        page.Request += (_, request) => requests.Add(request.Url);
        page.Console += (_, message) => complaints.Add(message.Text);
        var address = new Uri(host.BaseAddress, $"v1/reports/{report}?lang=nl").ToString();
        await page.GotoAsync(address);
        Assert.Equal([address], requests);
        Assert.Empty(complaints);
        Assert.Equal(0, await page.Locator("script").CountAsync());
        await Assertions.Expect(page.Locator(".verdict")).ToBeVisibleAsync();
        // The style sheet passes the policy: without it the bar has no frame.
        await Assertions.Expect(page.Locator(".summary")).ToHaveCSSAsync("border-top-style", "solid");
        // The tables open without a script.
        await page.Locator("details summary").First.ClickAsync();
        await Assertions.Expect(page.Locator("details table").First).ToBeVisibleAsync();
    }

    [Theory]
    [InlineData(360)]
    [InlineData(768)]
    public async Task The_page_fits_a_screen_without_scrolling_sideways(int width)
    {
        var report = await ReportAsync();
        var page = await PageAsync(new() { BypassCSP = true, ViewportSize = new() { Width = width, Height = 740 } });
        await using var context = page.Context;
        foreach (var view in ReportPage.Views)
        {
            await page.GotoAsync(new Uri(host.BaseAddress, $"v1/reports/{report}?lang=nl&view={view}").ToString());
            Assert.Equal((view, width), (view, await page.EvaluateAsync<int>("document.documentElement.scrollWidth")));
        }
    }

    private async Task<IPage> PageAsync(BrowserNewPageOptions options)
    {
        options.ExtraHTTPHeaders = new Dictionary<string, string> { ["X-Api-Key"] = host.Key, ["Accept"] = "text/html" };
        return await chromium.PageAsync(options);
    }

    private async Task<Guid> ReportAsync()
    {
        var upload = await host.Client.UploadProfileAsync("BROWSED", SampleFiles.Read("metaphlan2-scfa-depleted.txt"), new() { Panel = "gut-core-guided@1" }, TestContext.Current.CancellationToken);
        return (await host.Client.WaitForReportAsync(upload.AnalysisId, TestContext.Current.CancellationToken)).Id;
    }
}
