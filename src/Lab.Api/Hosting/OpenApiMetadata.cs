namespace Lab.Api.Hosting;

/// <summary>Says of an operation what its signature cannot.</summary>
public static class OperationMetadata
{
    public sealed record Failures(int[] Statuses);

    public sealed record ProfileBody(bool Many);

    public sealed record ReportBody(bool Etag);

    public static RouteHandlerBuilder Fails(this RouteHandlerBuilder route, params int[] statuses) => route.WithMetadata(new Failures(statuses));

    /// <summary>The answer is never in memory as a whole; whether it has an ETag.</summary>
    public sealed record StreamedBody(bool Etag, string[] MediaTypes);

    public sealed record JsonBody(Type Type, bool Optional);

    /// <summary>Described, not enforced: content decides, so a plain <c>curl --data</c> works.</summary>
    public static RouteHandlerBuilder TakesJson<T>(this RouteHandlerBuilder route, bool optional = false) => route.WithMetadata(new JsonBody(typeof(T), optional));

    public static RouteHandlerBuilder Streams(this RouteHandlerBuilder route, bool etag, params string[] mediaTypes) => route.WithMetadata(new StreamedBody(etag, mediaTypes));

    public static RouteHandlerBuilder TakesProfile(this RouteHandlerBuilder route, bool many = false) => route.WithMetadata(new ProfileBody(many));

    public static RouteHandlerBuilder ReturnsReport(this RouteHandlerBuilder route, bool etag = true) => route.WithMetadata(new ReportBody(etag));
}
