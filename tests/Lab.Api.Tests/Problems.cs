using System.Net.Http.Headers;
using System.Text.Json;
using Xunit;

namespace Lab.Api.Tests;

/// <summary>What every failure looks like.</summary>
public static class Problems
{
    public static async Task<JsonElement> AssertAsync(HttpResponseMessage response, int status, string? code = null)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode} instead of {status}: {text}");
        Assert.Equal(new MediaTypeHeaderValue("application/problem+json"), new MediaTypeHeaderValue(response.Content.Headers.ContentType!.MediaType!));
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        foreach (var member in new[] { "type", "title", "detail", "instance", "code", "traceId" })
        {
            Assert.False(string.IsNullOrEmpty(problem.GetProperty(member).GetString()), $"{member} is empty");
        }
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.Equal($"/problems/{problem.GetProperty("code").GetString()}", problem.GetProperty("type").GetString());
        if (code is not null) Assert.Equal(code, problem.GetProperty("code").GetString());
        Assert.True(response.Headers.Contains("Request-Id"), "There is no Request-Id.");
        return problem;
    }
}
