using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Lab.Api.Tests.Hosting;

/// <summary>Bytes as no client library sends them. Each is refused as the client's mistake, by one answer, or the connection is closed; never a 500, and never two answers to what is one
/// request. Header fields of every answer, HEAD and methods stand here too.</summary>
public sealed class RawHttpTests(LabHost host) : IClassFixture<LabHost>
{
    private const string Smuggled = "GET /v1/api-keys HTTP/1.1\r\nHost: lab\r\n\r\n";

    /// <summary>Name, request (KEY is the credential line), and the status: 0 is a closed connection without an answer.</summary>
    private static readonly (string Name, string Request, int[] Statuses)[] Corpus =
    [
        ("content length and transfer encoding", $"{Post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{Smuggled}", [400]),
        ("transfer encoding and content length", $"{Post}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{Smuggled}", [400]),
        ("two content lengths that differ", $"{Post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}x", [400]),
        ("two content lengths that agree", $"{Post}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{{}}", [400]),
        ("a list of content lengths", $"{Post}Content-Length: 2, 2\r\n\r\n{{}}", [400]),
        ("a signed content length", $"{Post}Content-Length: +3\r\n\r\n{{}} ", [400]),
        ("a negative content length", $"{Post}Content-Length: -3\r\n\r\n{{}} ", [400]),
        ("a content length with a space within", $"{Post}Content-Length: 1 0\r\n\r\n{{}}", [400]),
        ("a hexadecimal content length", $"{Post}Content-Length: 0x2\r\n\r\n{{}}", [400]),
        ("a content length past 64 bits", $"{Post}Content-Length: 99999999999999999999\r\n\r\n{{}}", [400]),
        ("an empty content length", $"{Post}Content-Length:\r\n\r\n{{}}", [400, 411]),
        ("a content length in other digits", $"{Post}Content-Length: \u00b2\r\n\r\n{{}}", [400]),
        ("an unknown transfer encoding", $"{Post}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", [400, 501]),
        ("chunked, then identity", $"{Post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", [400, 501]),
        ("chunked twice", $"{Post}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", [400, 501]),
        ("chunked after a vertical tab", $"{Post}Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n", [400, 501]),
        ("transfer encoding, space before the colon", $"{Post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", [400]),
        ("bare LF ends a header line", $"{Post}Content-Length: 2\nX-A: b\r\n\r\n{{}}", [400]),
        ("bare LF ends the request line", "GET /v1/about HTTP/1.1\nHost: lab\nKEY\n\n", [400]),
        ("bare LF ends the head", $"{Get}X-A: b\r\n\n", [400]),
        ("bare CR in a header", $"{Get}X-A: b\rX-B: c\r\n\r\n", [400]),
        ("a folded header", $"{Get}X-A: b\r\n c\r\n\r\n", [400]),
        ("a folded header with a tab", $"{Get}X-A: b\r\n\tc\r\n\r\n", [400]),
        ("a header line that begins with a space", "GET /v1/about HTTP/1.1\r\n Host: lab\r\nKEY\r\n\r\n", [400]),
        ("a header without a name", $"{Get}: b\r\n\r\n", [400]),
        ("a header without a colon", $"{Get}nothing\r\n\r\n", [400]),
        ("a header name with a space", $"{Get}X A: b\r\n\r\n", [400]),
        ("a header name with a parenthesis", $"{Get}X(A): b\r\n\r\n", [400]),
        ("NUL in a header", $"{Get}X-A: b\0c\r\n\r\n", [400]),
        ("NUL in the target", "GET /v1/ab\0out HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("NUL in the target, encoded", "GET /v1/ab%00out HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("a target that is no UTF-8", "GET /v1/problems/%ff%fe HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 404]),
        ("a target with a broken escape", "GET /v1/samples/%zz HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 404]),
        ("a target with dots", "GET /v1/../../etc/passwd HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 404]),
        ("a target with dots, encoded", "GET /v1/samples/..%2f..%2fetc%2fpasswd HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 404]),
        ("a target with a backslash", "GET /v1\\about HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 404]),
        ("a target without a slash", "GET v1/about HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("a target of another host", "GET http://elsewhere.example/v1/about HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("a target with a space", "GET /v1/about x HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("a target of 9 KB", $"GET /v1/{new string('a', 9000)} HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [414]),
        ("a query of 7 KB", $"GET /v1/taxa?q={new string('a', 7000)} HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("no host", "GET /v1/about HTTP/1.1\r\nKEY\r\n\r\n", [400]),
        ("two hosts", "GET /v1/about HTTP/1.1\r\nHost: lab\r\nHost: other\r\nKEY\r\n\r\n", [400]),
        ("a host with a path", "GET /v1/about HTTP/1.1\r\nHost: lab/x\r\nKEY\r\n\r\n", [400]),
        ("a host with a user", "GET /v1/about HTTP/1.1\r\nHost: a@b\r\nKEY\r\n\r\n", [400]),
        ("more than 100 headers", $"{Get}{string.Concat(Enumerable.Range(0, 101).Select(i => $"X-{i}: a\r\n"))}\r\n", [431]),
        ("headers of 40 KB", $"{Get}X-A: {new string('a', 40_000)}\r\n\r\n", [431]),
        ("HTTP/1.0", "GET /v1/about HTTP/1.0\r\nHost: lab\r\nKEY\r\n\r\n", [200]),
        ("HTTP/1.2", "GET /v1/about HTTP/1.2\r\nHost: lab\r\nKEY\r\n\r\n", [505]),
        ("HTTP/2.0 in a line", "GET /v1/about HTTP/2.0\r\nHost: lab\r\nKEY\r\n\r\n", [505]),
        ("HTTP/0.9", "GET /v1/about\r\n\r\n", [400]),
        ("no version", "GET /v1/about \r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("a version in small letters", "GET /v1/about http/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 505]),
        ("the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [0, 400, 505]),
        ("a TLS greeting", "\u0016\u0003\u0001\u0000\u0005\u0001\u0000\u0000\u0001\u0000\r\n\r\n", [400]),
        ("an unknown method", "BREW /v1/about HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [501]),
        ("an unknown method where nothing is", "BREW /nothing HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [501]),
        ("a method in small letters", "get /v1/about HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 501]),
        ("a method with a sign", "GE(T /v1/about HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400]),
        ("TRACE", "TRACE /v1/about HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [405]),
        ("CONNECT", "CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example:443\r\nKEY\r\n\r\n", [400, 404, 405]),
        ("OPTIONS of the server", "OPTIONS * HTTP/1.1\r\nHost: lab\r\nKEY\r\n\r\n", [400, 404, 405]),
        ("PATCH", "PATCH /v1/samples/A HTTP/1.1\r\nHost: lab\r\nKEY\r\nContent-Length: 0\r\n\r\n", [405]),
        ("a chunk size that is none", $"{Post}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{{}}\r\n0\r\n\r\n", [400]),
        ("a signed chunk size", $"{Post}Transfer-Encoding: chunked\r\n\r\n+2\r\n{{}}\r\n0\r\n\r\n", [400]),
        ("a chunk size with 0x", $"{Post}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{{}}\r\n0\r\n\r\n", [400]),
        ("a chunk size past 64 bits", $"{Post}Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{{}}\r\n0\r\n\r\n", [400, 413]),
        ("a chunk that is longer than it says", $"{Post}Transfer-Encoding: chunked\r\n\r\n1\r\n{{}}\r\n0\r\n\r\n", [400]),
        ("a chunk extension that ends with LF", $"{Post}Transfer-Encoding: chunked\r\n\r\n2;a\n{{}}\r\n0\r\n\r\n{Smuggled}", [400]),
        ("a chunk size that ends with LF", $"{Post}Transfer-Encoding: chunked\r\n\r\n2\n{{}}\r\n0\r\n\r\n", [400]),
        ("a chunk that ends with LF", $"{Post}Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\n0\r\n\r\n", [400]),
        ("expect what is unknown", $"{Post}Expect: 200-ok\r\nContent-Length: 2\r\n\r\n{{}}", [400, 417]),
        ("a body of 1 GB that is only announced", $"{Post}Content-Length: 999999999\r\n\r\n", [413]),
        ("a body that ends early", $"{Post}Content-Length: 100\r\n\r\n{{", [0, 400]),
        ("two keys", $"{Get}X-Api-Key: other\r\n\r\n", [401]),
        ("a broken Basic", "GET /v1/about HTTP/1.1\r\nHost: lab\r\nAuthorization: Basic %%%\r\n\r\n", [401]),
        ("Basic without a colon", "GET /v1/about HTTP/1.1\r\nHost: lab\r\nAuthorization: Basic YQ==\r\n\r\n", [401]),
        ("a broken If-None-Match", $"{Get}If-None-Match: \"\"\"\r\n\r\n", [200, 400]),
        ("a broken Accept", $"{Get}Accept: ;;;,/\r\n\r\n", [200, 400, 406]),
        ("a broken Accept-Encoding", $"{Get}Accept-Encoding: gzip;q=x, ,,\r\n\r\n", [200, 400]),
        ("a broken Content-Type", $"{Post}Content-Type: \"\r\nContent-Length: 2\r\n\r\n{{}}", [400, 415, 422]),
        ("multipart without a boundary", $"{Post}Content-Type: multipart/form-data\r\nContent-Length: 2\r\n\r\n{{}}", [400, 415, 422]),
        ("an empty Idempotency-Key", "POST /v1/analyses HTTP/1.1\r\nHost: lab\r\nKEY\r\nIdempotency-Key:\r\nContent-Length: 12\r\n\r\n{\"all\":true}", [400]),
        ("a broken traceparent", $"{Get}traceparent: 00-zz-zz-zz\r\n\r\n", [200]),
    ];

    private static string Get => "GET /v1/about HTTP/1.1\r\nHost: lab\r\nKEY\r\n";

    private static string Post => "POST /v1/reports/preview HTTP/1.1\r\nHost: lab\r\nKEY\r\n";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names => [.. Corpus.Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_request_that_is_none_is_the_clients_mistake(string name)
    {
        var (_, request, statuses) = Corpus.Single(c => c.Name == name);
        var answers = await SendAsync(request.Replace("KEY", $"X-Api-Key: {host.Key}", StringComparison.Ordinal), ends: name.EndsWith("ends early", StringComparison.Ordinal));
        // What stands behind a request that is refused is not read as another.
        var (status, head, body) = answers.Length == 0 ? (0, "", "") : Assert.Single(answers);
        Assert.Contains(status, statuses);
        // What Kestrel refuses before there is a request has no body.
        if (body.Length == 0) return;
        AssertHeaders(head);
        if (status == 200) return;
        var problem = JsonSerializer.Deserialize<JsonElement>(body);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        Assert.DoesNotContain("Exception", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_trickles_is_408()
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(host.BaseAddress.Host, host.BaseAddress.Port, Ct);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{Post.Replace("KEY", $"X-Api-Key: {host.Key}", StringComparison.Ordinal)}Content-Length: 1000\r\n\r\n"), Ct);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var trickle = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await stream.WriteAsync(" "u8.ToArray(), stop.Token);
                await Task.Delay(200, stop.Token);
            }
        }, stop.Token);
        var answer = Assert.Single(Parsed(await ReadAsync(stream)));
        await stop.CancelAsync();
        await Record.ExceptionAsync(() => trickle);
        Assert.Equal(408, answer.Status);
    }

    [Theory]
    [InlineData("v1/about", 200)]
    [InlineData("v1/formats", 200)]
    [InlineData("v1/samples/HEADED", 200)]
    [InlineData("v1/samples/HEADED/report", 200)]
    [InlineData("v1/samples/NONE", 404)]
    [InlineData("problems/not-found", 200)]
    [InlineData("health/live", 200)]
    [InlineData("fhir/CodeSystem", 200)]
    [InlineData("openapi/v1.json", 200)]
    [InlineData("swagger/index.html", 200)]
    [InlineData("hangfire", 200)]
    [InlineData("nothing", 404)]
    [InlineData("v1/profiles", 405)]
    public async Task HEAD_is_GET_without_its_content(string path, int status)
    {
        if (path.Contains("HEADED", StringComparison.Ordinal)) await host.Client.WaitForReportAsync((await host.Client.UploadProfileAsync("HEADED", SampleFiles.Kreport(1), cancellation: Ct)).AnalysisId, Ct);
        using var http = host.Http();
        using var get = await http.GetAsync(path, Ct);
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        using var head = await http.SendAsync(request, Ct);
        Assert.Equal((status, status), ((int)get.StatusCode, (int)head.StatusCode));
        Assert.Empty(await head.Content.ReadAsByteArrayAsync(Ct));
        Assert.Equal((get.Headers.ETag, get.Content.Headers.ContentType?.ToString()), (head.Headers.ETag, head.Content.Headers.ContentType?.ToString()));
        if (get.Headers.ETag is not { } etag) return;
        using var known = new HttpRequestMessage(HttpMethod.Head, path) { Headers = { IfNoneMatch = { etag } } };
        Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(known, Ct)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "v1/about", "private, no-cache")]
    [InlineData("GET", "v1/samples", "private, no-cache")]
    [InlineData("GET", "v1/samples/NONE", "no-store")]
    [InlineData("GET", "nothing", "no-store")]
    [InlineData("GET", "hangfire", null)]
    [InlineData("GET", "swagger/index.html", null)]
    [InlineData("GET", "health/live", "no-store")]
    [InlineData("POST", "v1/about", "no-store")]
    [InlineData("POST", "v1/reports/preview", "no-store")]
    [InlineData("PUT", "v1/samples/HEADERS", "no-store")]
    public async Task Every_answer_has_the_header_fields_that_health_data_ask_for(string method, string path, string? cache)
    {
        var answer = Assert.Single(await SendAsync($"{method} /{path} HTTP/1.1\r\nHost: lab\r\nX-Api-Key: {host.Key}\r\nContent-Length: 0\r\n\r\n"));
        AssertHeaders(answer.Head);
        var control = answer.Head.Split("\r\n").SingleOrDefault(l => l.StartsWith("Cache-Control:", StringComparison.OrdinalIgnoreCase));
        Assert.NotNull(control);
        if (cache is not null) Assert.Contains(cache, control, StringComparison.Ordinal);
        Assert.DoesNotContain("public", control, StringComparison.Ordinal);
        if (answer.Status == 405) Assert.Contains("Allow: GET, HEAD\r\n", answer.Head, StringComparison.Ordinal);
    }

    private static void AssertHeaders(string head)
    {
        var lines = head.Split("\r\n");
        string? Of(string name) => lines.SingleOrDefault(l => l.StartsWith($"{name}:", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();
        Assert.Equal(("nosniff", "no-referrer"), (Of("X-Content-Type-Options"), Of("Referrer-Policy")));
        Assert.Contains("frame-ancestors 'none'", Of("Content-Security-Policy"), StringComparison.Ordinal);
        if (Of("Content-Type")?.Contains("json", StringComparison.Ordinal) == true) Assert.Equal("default-src 'none'; frame-ancestors 'none'", Of("Content-Security-Policy"));
        Assert.Matches("^[0-9a-f]{32}$", Of("Request-Id"));
        Assert.Null(Of("Server"));
        Assert.Null(Of("X-Powered-By"));
        Assert.Null(Of("Access-Control-Allow-Origin"));
    }

    /// <summary>All that comes back until the service closes, or is silent.</summary>
    private async Task<(int Status, string Head, string Body)[]> SendAsync(string request, bool ends = false)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(host.BaseAddress.Host, host.BaseAddress.Port, Ct);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), Ct);
        if (ends) tcp.Client.Shutdown(SocketShutdown.Send);
        return Parsed(await ReadAsync(stream));
    }

    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        var (text, buffer) = (new StringBuilder(), new byte[65536]);
        // A slow machine answers late; after an answer, another would follow at once.
        for (var patience = TimeSpan.FromSeconds(20); ; patience = TimeSpan.FromMilliseconds(400))
        {
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(Ct);
            silence.CancelAfter(patience);
            try
            {
                var read = await stream.ReadAsync(buffer, silence.Token);
                if (read == 0) return text.ToString();
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
            catch (OperationCanceledException) when (!Ct.IsCancellationRequested)
            {
                return text.ToString();
            }
            catch (IOException)
            {
                return text.ToString();
            }
        }
    }

    private static (int Status, string Head, string Body)[] Parsed(string text) => !text.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) ? [] :
    [
        .. text.Split("HTTP/1.1 ", StringSplitOptions.RemoveEmptyEntries).Select(answer =>
        {
            var end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            var (head, body) = (answer[..end] + "\r\n", answer[(end + 4)..]);
            if (head.Contains("Transfer-Encoding: chunked", StringComparison.Ordinal) && body.Contains('{', StringComparison.Ordinal)) body = body[body.IndexOf('{', StringComparison.Ordinal)..(body.LastIndexOf('}') + 1)];
            return (int.Parse(answer[..3], System.Globalization.CultureInfo.InvariantCulture), head, body);
        }),
    ];
}
