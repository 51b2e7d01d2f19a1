using System.Globalization;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using MediatR;

namespace Lab.Api.Partners;

/// <summary>What a partner is called.</summary>
public sealed record PartnerDefinition
{
    /// <summary>The organisation's name; 1 to 200 characters.</summary>
    public required string Name { get; init; }
}

/// <summary>Who reads reports of its own samples.</summary>
public sealed record PartnerDetails
{
    public required string Id { get; init; }
    public required string Name { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

/// <summary>Registers a partner, or gives it another name.</summary>
public static class PutPartner
{
    public sealed record Command(string Id, string Name, IfMatch IfMatch) : ICommand<(PartnerDetails Partner, int Revision)>;

    /// <summary>Register a partner</summary>
    public static async Task<IResult> PutAsync(string id, HttpContext context, IMediator sender)
    {
        if (!Accession.IsValid(id)) throw new ProblemException(ProblemCodes.NotFound, "A partner's id has 1 to 64 letters, digits and . _ : - and starts with a letter or digit.");
        var body = await StrictBody.ReadAsync<PartnerDefinition>(context);
        if (!IsName(body.Name, 200))
        {
            throw new ProblemException(ProblemCodes.ValueInvalid, "Nothing was stored.",
                errors: [new("value-invalid", null, null, "/name", "A name has 1 to 200 characters, none of them a control character.", "Send the organisation's name.")]);
        }
        var (partner, revision) = await sender.Send(new Command(id, body.Name, IfMatch.Of(context.Request)), context.RequestAborted);
        context.Response.Headers.ETag = $"\"{revision}\"";
        return revision == 1 ? TypedResults.Created($"/v1/partners/{id}", partner) : TypedResults.Ok(partner);
    }

    public static bool IsName(string name, int length) => name.Length <= length && !string.IsNullOrWhiteSpace(name) && !name.Any(char.IsControl);

    public sealed class Handler(LabSession session) : IRequestHandler<Command, (PartnerDetails, int)>
    {
        public async Task<(PartnerDetails, int)> Handle(Command command, CancellationToken cancellation)
        {
            if (command.IfMatch.IsGiven)
            {
                await using var select = await session.CommandAsync("SELECT revision FROM lab.partner WHERE id = $1 FOR UPDATE", cancellation, command.Id);
                if (await select.ExecuteScalarAsync(cancellation) is not int known || !command.IfMatch.Matches(known.ToString(CultureInfo.InvariantCulture)))
                {
                    throw new ProblemException(ProblemCodes.PreconditionFailed, "The partner has changed since it was read.");
                }
            }
            await using var upsert = await session.CommandAsync("""
                INSERT INTO lab.partner AS p (id, name, created_at, revision) VALUES ($1, $2, date_trunc('milliseconds', clock_timestamp()), 1)
                ON CONFLICT (id) DO UPDATE SET name = excluded.name, revision = p.revision + 1 RETURNING created_at, revision
                """, cancellation, command.Id, command.Name);
            DateTimeOffset created;
            int revision;
            await using (var reader = await upsert.ExecuteReaderAsync(cancellation))
            {
                await reader.ReadAsync(cancellation);
                (created, revision) = (reader.GetFieldValue<DateTimeOffset>(0), reader.GetInt32(1));
            }
            await session.RecordAsync(revision == 1 ? "partner.registered" : "partner.changed", $"partner:{command.Id}", null, cancellation);
            return (new() { Id = command.Id, Name = command.Name, CreatedAt = created }, revision);
        }
    }
}
