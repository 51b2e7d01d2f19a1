using Lab.Api.Tests.Subjects;
using Microsoft.Playwright;
using Xunit;

namespace Lab.Api.Tests.Browser;

/// <summary>The page of a person over time as a browser shows it.</summary>
public sealed class TimelinePageBrowserTests(LabHost host, Chromium chromium) : IClassFixture<LabHost>
{
    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("en", ColorScheme.Dark)]
    [InlineData("nl", ColorScheme.Light)]
    [InlineData("nl", ColorScheme.Dark)]
    public async Task It_does_not_violate_WCAG_2_2_AA(string language, ColorScheme scheme)
    {
        var axe = Environment.GetEnvironmentVariable("AXE_PATH");
        Assert.SkipUnless(File.Exists(axe), "axe-core is not here: AXE_PATH names its axe.min.js, which .ci/run fetches with npm.");
        var page = await OpenAsync(language, new() { ColorScheme = scheme, BypassCSP = true, ViewportSize = new() { Width = 390, Height = 844 } });
        await using var context = page.Context;
        await page.EvaluateAsync("document.querySelectorAll('details').forEach(d => d.open = true)");
        await page.AddScriptTagAsync(new() { Path = axe });
        var violations = await page.EvaluateAsync<string[]>("""
            async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
                .violations.map(v => `${v.id}: ${v.nodes[0].html}`)
            """);
        Assert.Equal("", string.Join('\n', violations));
    }

    [Theory]
    [InlineData(360)]
    [InlineData(768)]
    public async Task It_fits_a_screen_without_scrolling_sideways(int width)
    {
        var page = await OpenAsync("nl", new() { BypassCSP = true, ViewportSize = new() { Width = width, Height = 740 } });
        await using var context = page.Context;
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task It_asks_for_nothing_but_itself_needs_no_script_and_joins_only_what_is_comparable()
    {
        var (requests, complaints) = (new List<string>(), new List<string>());
        var page = await OpenAsync("en", new() { JavaScriptEnabled = false }, opened =>
        {
            opened.Request += (_, request) => requests.Add(request.Url);
            opened.Console += (_, message) => complaints.Add(message.Text);
        });
        await using var context = page.Context;
        Assert.Single(requests);
        Assert.Empty(complaints);
        await Assertions.Expect(page.Locator(".summary")).ToHaveCSSAsync("border-top-style", "solid");
        // Four samples of one assay and, between the second and third, one of another: the four are joined, the other is in the table only.
        var shannon = page.Locator(".trend-row").Filter(new() { Has = page.GetByRole(AriaRole.Heading, new() { Name = "Shannon" }) }).First;
        Assert.Equal((4, 3), (await shannon.Locator(".mark").CountAsync(), await shannon.Locator("line.trend").CountAsync()));
    }

    private async Task<IPage> OpenAsync(string language, BrowserNewPageOptions options, Action<IPage>? watch = null)
    {
        await FourSamples.RegisterAsync(host, "BROWSED", TestContext.Current.CancellationToken);
        options.ExtraHTTPHeaders = new Dictionary<string, string> { ["X-Api-Key"] = host.Key, ["Accept"] = "text/html" };
        var page = await chromium.PageAsync(options);
        watch?.Invoke(page);
        await page.GotoAsync(new Uri(host.BaseAddress, $"v1/subjects/BROWSED/timeline?lang={language}").ToString());
        return page;
    }
}
