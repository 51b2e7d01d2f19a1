using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Lab.Microbiome.Reports;

/// <summary>Why a version of a report was made.</summary>
/// <param name="Code">new-profile, sample-changed, re-interpreted, ….</param>
/// <param name="Reason">The reason code of an amendment or withdrawal.</param>
/// <param name="Note">Free text of the person who signed.</param>
public sealed record ReportReason(string Code, string? Reason, string? Note);

/// <summary>What surrounds a report's content: its identity, status and sample.</summary>
public sealed record ReportEnvelope
{
    /// <summary>The version's own id.</summary>
    public required Guid Id { get; init; }
    /// <summary>1, 2, … in its series.</summary>
    public required int Version { get; init; }
    /// <summary>preliminary, final, amended, corrected or entered-in-error.</summary>
    public required string Status { get; init; }
    /// <summary>UTC, whole milliseconds.</summary>
    public required DateTimeOffset IssuedAt { get; init; }
    /// <summary>The version released before it.</summary>
    public Guid? Replaces { get; init; }
    /// <summary>Why it was made; null for the first.</summary>
    public ReportReason? Because { get; init; }
    /// <summary>The sample's accession; null for a preview.</summary>
    public string? Accession { get; init; }
    /// <summary>The lab's pseudonym.</summary>
    public string? Subject { get; init; }
    /// <summary>When the specimen was taken.</summary>
    public DateTimeOffset? CollectedAt { get; init; }
    /// <summary>When the lab received it.</summary>
    public DateTimeOffset? ReceivedAt { get; init; }
}

/// <summary>A content as bytes.</summary>
/// <param name="Members">Its members as they stand in a document after those of the envelope, each after a comma.</param>
/// <param name="Digest">As <see cref="ReportContent.Digest"/>.</param>
public sealed record ReportBody(byte[] Members, string Digest);

/// <summary>The bytes of a report: JSON with the members in the order of the contract, numbers rounded to six significant digits.</summary>
public static class ReportDocument
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    private static readonly RecordJson Forms = new(Options);

    /// <summary>The whole document, UTF-8.</summary>
    public static byte[] Write(ReportEnvelope envelope, ReportContent content) => Write(envelope, Body(content));

    /// <summary>The whole document, UTF-8, of a content that was written before it was known what surrounds it.</summary>
    public static byte[] Write(ReportEnvelope envelope, ReportBody body)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(body);
        var around = new ArrayBufferWriter<byte>(1024);
        int before;
        using (var json = new Utf8JsonWriter(around, new JsonWriterOptions { Encoder = Options.Encoder }))
        {
            json.WriteStartObject();
            WriteVersion(json, envelope);
            json.WriteStartObject("sample");
            json.WriteString("accession", envelope.Accession);
            json.WriteString("subject", envelope.Subject);
            json.WriteString("collectedAt", envelope.CollectedAt is { } collected ? Time(collected) : null);
            json.WriteString("receivedAt", envelope.ReceivedAt is { } received ? Time(received) : null);
            json.WriteEndObject();
            json.Flush();
            before = around.WrittenCount;
            json.WriteString("digest", body.Digest);
            json.WriteEndObject();
        }
        // The members of the content stand among those of the document.
        return [.. around.WrittenSpan[..before], .. body.Members, .. around.WrittenSpan[before..]];
    }

    /// <summary>A content as it stands in its document.</summary>
    public static ReportBody Body(ReportContent content)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var forms = Forms.Of(content);
        return new([(byte)',', .. forms.Contract.Written], Digest(forms.Canonical.Written));
    }

    /// <summary>Another version of a stored document: the same sample and content under another id, version, status, time and reason. A withdrawn one
    /// (<c>entered-in-error</c>) keeps what was measured and says nothing of it: no finding, no recommendation.</summary>
    /// <param name="document">The document that is released, amended or withdrawn.</param>
    /// <param name="envelope">The new version; its sample is not used.</param>
    public static (byte[] Document, string Digest) Reissue(byte[] document, ReportEnvelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        using var stored = JsonDocument.Parse(document);
        var withdrawn = envelope.Status == "entered-in-error";
        var content = new JsonObject();
        foreach (var member in stored.RootElement.EnumerateObject().SkipWhile(m => m.Name != "sample").Skip(1).TakeWhile(m => m.Name != "digest"))
        {
            content[member.Name] = withdrawn && member.Name is "findings" or "recommendations" ? new JsonArray() : JsonNode.Parse(member.Value.GetRawText());
        }
        var digest = Digest(content);
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = Options.Encoder }))
        {
            json.WriteStartObject();
            WriteVersion(json, envelope);
            json.WritePropertyName("sample");
            json.WriteRawValue(stored.RootElement.GetProperty("sample").GetRawText());
            foreach (var (name, value) in content)
            {
                json.WritePropertyName(name);
                json.WriteRawValue(value!.ToJsonString(Options), skipInputValidation: true);
            }
            json.WriteString("digest", digest);
            json.WriteEndObject();
        }
        return (buffer.ToArray(), digest);
    }

    /// <summary>The digest that the content of a stored document has.</summary>
    public static string DigestOf(byte[] document)
    {
        var root = JsonNode.Parse(document)!.AsObject();
        foreach (var name in new[] { "id", "version", "status", "issuedAt", "replaces", "because", "sample", "digest" }) root.Remove(name);
        return Digest(root);
    }

    /// <summary>The content of a stored document; numbers as they were rounded.</summary>
    /// <exception cref="JsonException">It is no document of a report.</exception>
    public static ReportContent Read(byte[] document) => JsonSerializer.Deserialize<ReportContent>(document, Options) ?? throw new JsonException("The document is null.");

    /// <summary>The first 16 hex digits of the SHA-256 of a document.</summary>
    public static string Etag(byte[] document) => Convert.ToHexStringLower(SHA256.HashData(document))[..16];

    /// <summary>SHA-256 over the RFC 8785 form of a content, as <c>sha256:…</c>.</summary>
    public static string Digest(ReportContent content)
    {
        using var forms = Forms.Of(content);
        return Digest(forms.Canonical.Written);
    }

    private static string Digest(JsonObject content) => Digest(CanonicalJson.Write(content).AsSpan()[1..^1]);

    /// <param name="members">Of the content, without braces.</param>
    private static string Digest(ReadOnlySpan<byte> members)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("{"u8);
        hash.AppendData(members);
        hash.AppendData("}"u8);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void WriteVersion(Utf8JsonWriter json, ReportEnvelope envelope)
    {
        json.WriteString("id", envelope.Id);
        json.WriteNumber("version", envelope.Version);
        json.WriteString("status", envelope.Status);
        json.WriteString("issuedAt", Time(envelope.IssuedAt));
        if (envelope.Replaces is { } replaces) json.WriteString("replaces", replaces);
        else json.WriteNull("replaces");
        json.WritePropertyName("because");
        JsonSerializer.Serialize(json, envelope.Because, Options);
    }

    private static string Time(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);
}
