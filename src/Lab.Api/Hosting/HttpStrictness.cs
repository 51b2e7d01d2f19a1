using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Lab.Api.Hosting;

/// <summary>What a request must be before anything looks at it. Where Kestrel is lenient and a proxy before it may not be, two readings of one request are possible: such are refused.</summary>
public static class HttpStrictness
{
    private static readonly string[] Known = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"];

    /// <summary>RFC 9110, 5.6.2.</summary>
    private static readonly SearchValues<char> TokenCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static void Harden(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        // A line ends with CR LF (RFC 9112, 2.2); read when the first request is.
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        kestrel.RequestHeaderEncodingSelector = name => "Content-Length".Equals(name, StringComparison.OrdinalIgnoreCase) ? new DigitsOnly() : null;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        kestrel.Limits.MaxConcurrentConnections = 20_000;
    }

    /// <summary>HEAD is GET without the content; what is no method of HTTP is 501; a request with two lengths is 400.</summary>
    public static void UseStrictHttp(this WebApplication app) => app.Use((context, next) =>
    {
        var request = context.Request;
        if (!Known.Contains(request.Method)) throw new ProblemException(ProblemCodes.MethodUnknown, "The method is not known.");
        foreach (var (name, _) in request.Headers)
        {
            if (name.AsSpan().ContainsAnyExcept(TokenCharacters)) throw new ProblemException(ProblemCodes.BadRequest, "The name of a header field holds what no name may hold.");
        }
        // Kestrel goes by Transfer-Encoding and moves the Content-Length aside.
        if (request.Headers.ContainsKey("Transfer-Encoding") && (request.Headers.ContentLength is not null || request.Headers.ContainsKey("X-Content-Length")))
        {
            context.Response.OnStarting(() =>
            {
                context.Response.Headers.Connection = "close";
                return Task.CompletedTask;
            });
            throw new ProblemException(ProblemCodes.BadRequest, "A request has a Content-Length or a Transfer-Encoding, not both.");
        }
        if (HttpMethods.IsHead(request.Method))
        {
            // Kestrel itself sends no content for what came as HEAD.
            request.Method = HttpMethods.Get;
            context.Response.OnStarting(() =>
            {
                request.Method = HttpMethods.Head;
                return Task.CompletedTask;
            });
        }
        return next(context);
    });

    /// <summary>The length as RFC 9110 has it: digits, no sign and no space.</summary>
    private sealed class DigitsOnly : Encoding
    {
        public override int GetByteCount(char[] chars, int index, int count) => count;

        public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) => Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

        public override int GetCharCount(byte[] bytes, int index, int count) => count;

        public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex)
        {
            for (var i = 0; i < byteCount; i++) chars[charIndex + i] = char.IsAsciiDigit((char)bytes[byteIndex + i]) ? (char)bytes[byteIndex + i] : 'x';
            return byteCount;
        }

        public override int GetMaxByteCount(int charCount) => charCount;

        public override int GetMaxCharCount(int byteCount) => byteCount;
    }
}
