using Lab.Client;
using Xunit;

namespace Lab.Api.Tests.Samples;

public sealed class ListContextCodesTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_code_is_listed_with_its_label_and_red_flags_with_what_to_do()
    {
        var codes = await host.Client.ListContextCodesAsync(Ct);
        Assert.Equal([("symptoms", 11), ("redFlags", 20), ("diagnoses", 5), ("medication", 6)], codes.GroupBy(c => c.Kind).Select(g => (g.Key, g.Count())));
        Assert.All(codes, c => Assert.False(string.IsNullOrWhiteSpace(c.Label.En) || string.IsNullOrWhiteSpace(c.Label.Nl) || string.IsNullOrWhiteSpace(c.Source)));
        Assert.All(codes, c => Assert.Equal(c.Kind == "redFlags", c is { Urgency: not null, Notice: not null }));
        Assert.Equal("emergency", codes.Single(c => c.Code == "cauda-equina-signs").Urgency);
        Assert.Equal(("Back pain", "Rugpijn"), (codes[0].Label.En, codes[0].Label.Nl));
    }

    [Fact]
    public async Task A_sample_takes_every_code_in_its_own_list_and_in_no_other()
    {
        var codes = (await host.Client.ListContextCodesAsync(Ct)).ToLookup(c => c.Kind, c => c.Code);
        string[] Of(string kind) => [.. codes[kind]];
        var context = new SampleContext { Symptoms = Of("symptoms"), RedFlags = Of("redFlags"), Diagnoses = Of("diagnoses"), Medication = Of("medication") };
        var sample = await host.Client.PutSampleAsync("EVERY-CODE", new SampleRegistration { Context = context }, Ct);
        Assert.Equal(context.RedFlags, sample.Context!.RedFlags);
        var misplaced = await Assert.ThrowsAsync<LabProblemException>(() => host.Client.PutSampleAsync("MISPLACED",
            new SampleRegistration { Context = new SampleContext { Symptoms = ["ibs"], RedFlags = ["fit-positive", "bloating"], Diagnoses = ["ppi"], Medication = ["gas"] } }, Ct));
        Assert.Equal(["/context/symptoms/0", "/context/redFlags/1", "/context/diagnoses/0", "/context/medication/0"], misplaced.Problem!.Errors.Select(e => e.Pointer));
    }

    [Fact]
    public async Task Any_key_may_read_them_and_nobody_without_one()
    {
        Assert.NotEmpty(await (await host.ClientForAsync("app", "webhooks:manage")).ListContextCodesAsync(Ct));
        using var anonymous = host.Http(anonymous: true);
        await Problems.AssertAsync(await anonymous.GetAsync("v1/context-codes", Ct), 401, "unauthenticated");
    }
}
