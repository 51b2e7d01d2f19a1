namespace Lab.Api.Hosting;

/// <summary>The states that a client has seen: only strong tags match, and only their part before the first <c>-</c> names the state.</summary>
public sealed record IfMatch(IReadOnlyList<string> Tags)
{
    public static IfMatch Of(HttpRequest request)
    {
        if (!request.Headers.TryGetValue("If-Match", out var header)) return new([]);
        var tags = request.GetTypedHeaders().IfMatch;
        if (tags.Count == 0) throw new ProblemException(ProblemCodes.BadRequest, $"If-Match is an ETag in double quotes, not {header}.");
        return new([.. tags.Select(tag => tag.IsWeak ? "weak" : tag.Tag.ToString().Trim('"').Split('-')[0])]);
    }

    public bool IsGiven => Tags.Count > 0;

    public bool Matches(string etag) => Tags.Any(tag => tag == "*" || tag == etag);
}
