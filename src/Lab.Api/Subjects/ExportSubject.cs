using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Api.Samples;
using Lab.Api.Storage;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Subjects;

/// <summary>All that is known of a person as one document, sent while it is read: a profile or a report is in memory, and no transaction is open while the client reads.</summary>
public static class ExportSubject
{
    public sealed record Command(string Subject) : ICommand<IReadOnlyList<Sample>>;

    /// <summary>Export a subject</summary>
    public static async Task<IResult> GetAsync(string subject, HttpContext context, IMediator sender, LabSession session, TimeProvider clock)
    {
        Accession.Demand(subject);
        var samples = await sender.Send(new Command(subject), context.RequestAborted);
        var response = context.Response;
        response.ContentType = "application/json; charset=utf-8";
        response.Headers.ContentDisposition = $"attachment; filename=\"{subject.Replace(':', '_')}.json\"";
        var written = new ArrayBufferWriter<byte>();
        await using var json = new Utf8JsonWriter(written, new JsonWriterOptions { Encoder = Json.Options.Encoder });
        try
        {
            await new SubjectDocument(json, written, response, sender, session).WriteAsync(subject, clock.GetUtcNow(), samples, context.RequestAborted);
        }
        catch (ProblemException e) when (e.Code == ProblemCodes.Erased && !response.HasStarted)
        {
            // Erased meanwhile, and nothing was sent: as if it had been before. Once something was sent, the connection is cut, and what came is no document.
            response.Headers.ContentDisposition = default;
            throw Missing();
        }
        return Results.Empty;
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Command, IReadOnlyList<Sample>>
    {
        public async Task<IReadOnlyList<Sample>> Handle(Command command, CancellationToken cancellation)
        {
            var samples = await (await session.ModelAsync(cancellation)).Samples.Where(s => s.Subject == command.Subject).OrderBy(s => s.Id).ToListAsync(cancellation);
            if (samples.Count == 0) throw Missing();
            await session.RecordAllAsync("sample.exported", [.. samples.Select(s => $"sample:{s.Id}")], cancellation);
            return samples;
        }
    }

    private static ProblemException Missing() => new(ProblemCodes.NotFound, "There is no such subject, or it is not yours.");

    // What is written goes to the response only when it is sent: until then a failure can still be answered.
    private sealed class SubjectDocument(Utf8JsonWriter json, ArrayBufferWriter<byte> written, HttpResponse response, IMediator sender, LabSession session)
    {
        public async Task WriteAsync(string subject, DateTimeOffset now, IReadOnlyList<Sample> samples, CancellationToken cancellation)
        {
            json.WriteStartObject();
            json.WriteString("subject", subject);
            Write("exportedAt", now);
            json.WriteStartArray("samples");
            foreach (var sample in samples)
            {
                json.WriteStartObject();
                Describe(sample);
                json.WriteString("replicateOf", await OriginalAsync(sample, cancellation));
                var (profiles, analyses, reports) = (await IdsAsync("profile", sample, cancellation), await IdsAsync("analysis", sample, cancellation), await IdsAsync("report", sample, cancellation));
                await EachAsync("profiles", profiles, id => WriteProfileAsync(id, cancellation), cancellation);
                await EachAsync("analyses", analyses, async id => JsonSerializer.Serialize(json, await sender.Send(new GetAnalysis.Query(id), cancellation), Json.Options), cancellation);
                await EachAsync("reports", reports, async id => json.WriteRawValue(Gzip.Expand(await DocumentAsync(id, cancellation)), skipInputValidation: true), cancellation);
                await WriteAuditAsync([$"sample:{sample.Id}", .. profiles.Select(id => $"profile:{id}"), .. analyses.Select(id => $"analysis:{id}"), .. reports.Select(id => $"report:{id}")], cancellation);
                json.WriteEndObject();
                await SendAsync(cancellation);
            }
            json.WriteEndArray();
            json.WriteEndObject();
            await SendAsync(cancellation);
        }

        private void Describe(Sample sample)
        {
            json.WriteString("accession", sample.Accession);
            json.WriteString("subject", sample.Subject);
            json.WriteString("partner", sample.PartnerId);
            Write("collectedAt", sample.CollectedAt);
            Write("receivedAt", sample.ReceivedAt);
            Write("bristolScale", sample.BristolScale);
            Write("consent", sample.Consent);
            json.WriteString("sex", sample.Sex);
            Write("ageYears", sample.AgeYears);
            Write("context", sample.Context is null ? null : JsonSerializer.Deserialize<SampleContext>(sample.Context, Json.Stored));
            Write("registeredAt", sample.RegisteredAt);
            Write("rejection", sample.RejectedAt is { } at ? new SampleRejection(sample.Rejection!, sample.RejectionNote, at) : null);
        }

        private async Task<string?> OriginalAsync(Sample sample, CancellationToken cancellation)
        {
            if (sample.ReplicateOf is not { } original) return null;
            await using var select = await session.CommandAsync("SELECT accession FROM lab.sample WHERE id = $1", cancellation, original);
            return await select.ExecuteScalarAsync(cancellation) as string;
        }

        private async Task WriteProfileAsync(Guid id, CancellationToken cancellation)
        {
            json.WriteStartObject();
            Write("normalised", await sender.Send(new GetProfile.Query(id), cancellation));
            var source = await sender.Send(new GetProfile.SourceQuery(id), cancellation);
            json.WriteStartObject("source");
            var text = Utf8.IsValid(source);
            json.WriteString("encoding", text ? "utf-8" : "base64");
            if (text) json.WriteString("content", source);
            else json.WriteBase64String("content", source);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        private async Task WriteAuditAsync(string[] objects, CancellationToken cancellation)
        {
            json.WriteStartArray("audit");
            await using (var select = await session.CommandAsync("SELECT at, actor, action, object, details::text FROM lab.audit WHERE object = ANY($1) ORDER BY id", cancellation, (object)objects))
            await using (var reader = await select.ExecuteReaderAsync(cancellation))
            {
                while (await reader.ReadAsync(cancellation))
                {
                    json.WriteStartObject();
                    Write("at", reader.GetFieldValue<DateTimeOffset>(0));
                    json.WriteString("actor", reader.GetString(1));
                    json.WriteString("action", reader.GetString(2));
                    json.WriteString("object", reader.GetString(3));
                    json.WritePropertyName("details");
                    if (await reader.IsDBNullAsync(4, cancellation)) json.WriteNullValue();
                    else json.WriteRawValue(reader.GetString(4));
                    json.WriteEndObject();
                }
            }
            json.WriteEndArray();
        }

        private async Task EachAsync(string name, IEnumerable<Guid> ids, Func<Guid, Task> write, CancellationToken cancellation)
        {
            json.WriteStartArray(name);
            foreach (var id in ids)
            {
                await write(id);
                await SendAsync(cancellation);
            }
            json.WriteEndArray();
        }

        /// <summary>What was written so far; the transaction ends before.</summary>
        private async Task SendAsync(CancellationToken cancellation)
        {
            await session.DisposeAsync();
            await json.FlushAsync(cancellation);
            await response.BodyWriter.WriteAsync(written.WrittenMemory, cancellation);
            written.ResetWrittenCount();
        }

        private async Task<List<Guid>> IdsAsync(string table, Sample sample, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync($"SELECT id FROM lab.{table} WHERE sample_id = $1 ORDER BY id", cancellation, sample.Id);
            await using var reader = await select.ExecuteReaderAsync(cancellation);
            var ids = new List<Guid>();
            while (await reader.ReadAsync(cancellation)) ids.Add(reader.GetGuid(0));
            return ids;
        }

        private async Task<byte[]> DocumentAsync(Guid id, CancellationToken cancellation)
        {
            await using var select = await session.CommandAsync("SELECT document FROM lab.report WHERE id = $1", cancellation, id);
            return Erasure.Demand((byte[]?)await select.ExecuteScalarAsync(cancellation) ?? []);
        }

        private void Write<T>(string name, T value)
        {
            json.WritePropertyName(name);
            JsonSerializer.Serialize(json, value, Json.Options);
        }
    }
}
