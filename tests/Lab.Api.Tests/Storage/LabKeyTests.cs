using Lab.Api.Storage;
using Lab.Api.Webhooks;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Lab.Api.Tests.Storage;

/// <summary>What is derived from <c>Lab:Key</c>, and what there is without it.</summary>
public sealed class LabKeyTests
{
    private const string Given = "0123456789abcdef0123456789abcdef";

    [Fact]
    public void Each_purpose_and_each_key_has_bytes_of_its_own_and_always_the_same()
    {
        var all = new[] { Key(Given), Key(Given[..31] + "x"), Key(null) }.SelectMany(k => new[] { k.Derive("a"), k.Derive("b") }).Select(Convert.ToHexString).ToArray();
        Assert.Equal(6, all.Distinct().Count());
        Assert.Equal(Key(Given).Derive("a"), Key(Given).Derive("a"));
    }

    [Fact]
    public void A_key_too_short_to_be_secret_is_refused() => Assert.Throws<InvalidOperationException>(() => Key(Given[..31]));

    [Fact]
    public void A_secret_is_its_webhooks_and_its_rotations_own()
    {
        var (secrets, a, b) = (new WebhookSecrets(Key(Given)), Guid.CreateVersion7(), Guid.CreateVersion7());
        Assert.Equal(4, new[] { secrets.Show(a, 1), secrets.Show(a, 2), secrets.Show(b, 1), new WebhookSecrets(Key(null)).Show(a, 1) }.Distinct().Count());
        Assert.Equal(secrets.Show(a, 1), secrets.Show(a, 1));
    }

    private static LabKey Key(string? key) => LabKey.Of(new ConfigurationBuilder().AddInMemoryCollection([new("Lab:Key", key)]).Build());
}
