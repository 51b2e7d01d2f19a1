using System.Text;
using System.Text.Json;
using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Taxa;

public sealed class TaxaTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("853", "Faecalibacterium prausnitzii")]
    [InlineData("firmicutes", "Bacillota")]
    [InlineData("Faecali", "Faecalibacterium")]
    [InlineData("faec praus", "Faecalibacterium prausnitzii")]
    [InlineData("clostridium difficile", "Clostridioides difficile")]
    public async Task A_search_gives_the_best_match_first(string text, string name) => Assert.Equal(name, (await host.Client.SearchTaxaAsync(text, cancellation: Ct)).Items[0].Name);

    [Fact]
    public async Task A_search_gives_whole_taxa_and_nothing_for_nonsense()
    {
        var found = (await host.Client.SearchTaxaAsync("Firmicutes", limit: 1, cancellation: Ct)).Items[0];
        Assert.Equal((1239, "Bacillota", "phylum", "d__Bacteria;p__Bacillota", null), (found.Taxid, found.Name, found.Rank, found.Lineage, found.Warning));
        Assert.Contains("Firmicutes", found.FormerNames);
        Assert.Equivalent(await host.Client.GetTaxonAsync(1239, Ct), found, strict: true);
        var nothing = await host.Client.SearchTaxaAsync("nonsense", cancellation: Ct);
        Assert.Empty(nothing.Items);
        Assert.Null(nothing.Next);
    }

    [Fact]
    public async Task A_search_has_pages_of_50_unless_another_limit_is_asked_for()
    {
        var first = await host.Client.SearchTaxaAsync("bacteroides", cancellation: Ct);
        Assert.Equal(50, first.Items.Count);
        var all = (await host.Client.SearchTaxaAsync("bacteroides", 200, cancellation: Ct)).Items;
        Assert.InRange(all.Count, 51, 200);
        var rest = await host.Client.SearchTaxaAsync("bacteroides", 200, first.Next, Ct);
        Assert.Equal(all.Select(t => t.Taxid), first.Items.Concat(rest.Items).Select(t => t.Taxid));
        Assert.Null(rest.Next);
    }

    [Fact]
    public async Task A_search_that_cannot_be_is_400()
    {
        var next = (await host.Client.SearchTaxaAsync("bacteroides", 2, cancellation: Ct)).Next;
        using var http = host.Http();
        foreach (var query in new[]
        {
            "", "?q=", "?q=%20", $"?q={new string('a', 201)}", "?q=a&limit=0", "?q=a&limit=201", "?q=a&limit=-1", "?q=a&limit=some", "?q=a&cursor=none", "?q=a&cursor=!", $"?q=prevotella&cursor={next}",
        })
        {
            await Problems.AssertAsync(await http.GetAsync($"v1/taxa{query}", Ct), 400, "bad-request");
        }
    }

    [Fact]
    public async Task Names_are_resolved_in_their_order_whatever_their_spelling()
    {
        (string Submitted, long? Taxid, string? Warning)[] expected =
        [
            ("853", 853, null), ("Firmicutes", 1239, null), ("Bacillota", 1239, null), ("p__Firmicutes_A", 1239, null), ("s__Faecalibacterium_prausnitzii", 853, null),
            ("d__Bacteria;p__Bacteroidota;c__Bacteroidia", 200643, null),
            ("D_0__Bacteria;D_1__Firmicutes;D_2__uncultured", 1239, null),
            ("k__Bacteria; p__Firmicutes; c__Clostridia; o__Clostridiales; f__Ruminococcaceae; g__Faecalibacterium; s__prausnitzii", 853, null),
            ("Escherichia-Shigella", null, "name-ambiguous"), ("Nonsense nonsensus", null, "name-unresolved"), ("999999999", null, "name-unresolved"), ("", null, "name-unresolved"), ("Firmicutes", 1239, null),
        ];
        var resolved = await host.Client.ResolveTaxaAsync(expected.Select(e => e.Submitted), cancellation: Ct);
        Assert.Equal(expected, resolved.Select(r => (r.Submitted, r.Taxid, r.Warning)));
        Assert.Equal(("Bacillota", "phylum", "d__Bacteria;p__Bacillota"), (resolved[1].Name, resolved[1].Rank, resolved[1].Lineage));
        Assert.Contains("Firmicutes", resolved[1].FormerNames);
        // What is ambiguous stands below the lowest node that holds all it may be.
        Assert.EndsWith(";f__Enterobacteriaceae", resolved[8].Lineage, StringComparison.Ordinal);
        Assert.Equal(("Nonsense nonsensus", "species", ""), (resolved[9].Name, resolved[9].Rank, resolved[9].Lineage));
    }

    [Theory]
    [InlineData("phylum", 201174)]
    [InlineData("class", 1760)]
    public async Task A_rank_decides_between_taxa_of_one_name(string rank, long taxid) =>
        Assert.Equal(taxid, Assert.Single(await host.Client.ResolveTaxaAsync(["Actinobacteria"], rank, Ct)).Taxid);

    [Fact]
    public async Task A_thousand_names_are_resolved_at_once_and_none_are_none()
    {
        Assert.Equal(1000, (await host.Client.ResolveTaxaAsync(Enumerable.Repeat("Firmicutes", 1000), cancellation: Ct)).Count(r => r.Taxid == 1239));
        Assert.Empty(await host.Client.ResolveTaxaAsync([], cancellation: Ct));
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.ResolveTaxaAsync(Enumerable.Repeat("Firmicutes", 1001), cancellation: Ct));
        Assert.Equal((422, "value-invalid", "/names"), ((int)refused.StatusCode, refused.Code, Assert.Single(refused.Problem!.Errors).Pointer));
    }

    [Theory]
    [InlineData("""{ "names": [ "a", null ] }""", 422, "/names/1")]
    [InlineData("""{ "names": [ "a" ], "rank": "tribe" }""", 422, "/rank")]
    [InlineData("""{ "names": [ "a" ], "rank": "none" }""", 422, "/rank")]
    [InlineData("""{ "names": [ "a" ], "rank": "" }""", 422, "/rank")]
    [InlineData("""{ "names": [ 853 ] }""", 400, "/names/0")]
    [InlineData("""{ "names": "a" }""", 400, "/names")]
    [InlineData("""{ "names": null }""", 400, "/names")]
    [InlineData("""{ "names": [], "other": 1 }""", 400, "/other")]
    [InlineData("""{ "names": [], "names": [] }""", 400, "/names")]
    [InlineData("{}", 400, null)]
    [InlineData("""[ "a" ]""", 400, null)]
    [InlineData("", 400, null)]
    public async Task A_request_to_resolve_is_strict_JSON(string body, int status, string? pointer)
    {
        using var http = host.Http();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        var problem = await Problems.AssertAsync(await http.PostAsync("v1/taxa/resolve", content, Ct), status, status == 400 ? "body-invalid" : "value-invalid");
        var error = Assert.Single(problem.GetProperty("errors").EnumerateArray());
        if (pointer is not null) Assert.Equal(pointer, error.GetProperty("pointer").GetString());
    }

    [Fact]
    public async Task All_names_that_are_none_are_named_at_once()
    {
        var refused = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.ResolveTaxaAsync(["a", new string('a', 1001), "b", null!], "tribe", Ct));
        Assert.Equal(["/rank", "/names/1", "/names/3"], refused.Problem!.Errors.Select(e => e.Pointer));
        Assert.Single(await host.Client.ResolveTaxaAsync([new string('a', 1000)], cancellation: Ct));
    }
}
