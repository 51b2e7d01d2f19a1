using System.Text.Json.Nodes;
using Lab.Api.Hosting;
using Lab.Api.Partners;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Every operation of the API description, with no key, with a key of every scope but the ones it asks for, and with one that has just that.</summary>
public sealed class AuthorizationMatrixTests(LabHost host) : IClassFixture<LabHost>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<IEnumerable<TheoryDataRow<string, string, string>>> OperationsAsync()
    {
        var paths = JsonNode.Parse(await Administration.DescribeAsync())!["paths"]!.AsObject();
        return paths.SelectMany(path => path.Value!.AsObject().Where(o => o.Value!["operationId"] is not null)
            .Select(operation => new TheoryDataRow<string, string, string>(operation.Key.ToUpperInvariant(), Filled(path.Key, operation.Value!), (string)operation.Value!["description"]!)));
    }

    [Theory]
    [MemberData(nameof(OperationsAsync))]
    public async Task An_operation_opens_for_the_scope_that_its_description_names_and_for_no_other(string method, string path, string description)
    {
        var scope = description[(description.LastIndexOf("Scope: ", StringComparison.Ordinal) + "Scope: ".Length)..];
        using var anonymous = host.Http(anonymous: true);
        if (scope.StartsWith("none", StringComparison.Ordinal))
        {
            Assert.NotEqual(401, await StatusAsync(anonymous, method, path));
            return;
        }
        Assert.Equal(401, await StatusAsync(anonymous, method, path));
        using var wrong = host.Http("lab_00000000_wrong");
        Assert.Equal(401, await StatusAsync(wrong, method, path));
        if (scope.StartsWith("any key", StringComparison.Ordinal))
        {
            using var any = host.Http(await host.KeyForAsync(null, Scope.AuditRead));
            Assert.False(await StatusAsync(any, method, path) is 401 or 403);
            return;
        }
        var named = Scope.All.Where(s => scope.Contains($"`{s}`", StringComparison.Ordinal)).ToArray();
        using var others = host.Http(await host.KeyForAsync(null, [.. Scope.All.Except(named)]));
        Assert.Equal(403, await StatusAsync(others, method, path));
        foreach (var allowed in named)
        {
            using var http = host.Http(await host.KeyForAsync(null, allowed));
            Assert.False(await StatusAsync(http, method, path) is 401 or 403, allowed);
        }
    }

    private static string Filled(string path, JsonNode operation)
    {
        foreach (var parameter in operation["parameters"]?.AsArray() ?? [])
        {
            if ((string?)parameter!["in"] == "path") path = path.Replace($"{{{parameter["name"]}}}", (parameter["example"] ?? parameter["schema"]!["examples"]![0])!.ToString(), StringComparison.Ordinal);
        }
        return path[1..];
    }

    private static async Task<int> StatusAsync(HttpClient http, string method, string path)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        using var response = await http.SendAsync(request, Ct);
        return (int)response.StatusCode;
    }
}
