using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Samples;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Subjects;

/// <summary>What was erased.</summary>
/// <param name="Samples">How many samples, with all their profiles and reports.</param>
public sealed record SubjectErased(int Samples);

/// <summary>Erases all that is known of a person; what is left are ids, versions, digests and times. It cannot be taken back.</summary>
public static class EraseSubject
{
    public sealed record Command(string Subject) : ICommand<SubjectErased>;

    /// <summary>Erase a subject</summary>
    public static async Task<Ok<SubjectErased>> DeleteAsync(string subject, HttpContext context, IMediator sender)
    {
        Accession.Demand(subject);
        return TypedResults.Ok(await sender.Send(new Command(subject), context.RequestAborted));
    }

    public sealed class Handler(LabSession session) : IRequestHandler<Command, SubjectErased>
    {
        public async Task<SubjectErased> Handle(Command command, CancellationToken cancellation)
        {
            var erased = new List<Guid>();
            await using (var erase = await session.CommandAsync("SELECT lab.erase_subject($1)", cancellation, command.Subject))
            await using (var reader = await erase.ExecuteReaderAsync(cancellation))
            {
                while (await reader.ReadAsync(cancellation)) erased.Add(reader.GetGuid(0));
            }
            if (erased.Count == 0) throw new ProblemException(ProblemCodes.NotFound, "There is no such subject, or it is not yours.");
            // The subject's name goes too: the trail names the samples.
            foreach (var sample in erased) await session.RecordAsync("sample.erased", $"sample:{sample}", null, cancellation);
            return new SubjectErased(erased.Count);
        }
    }
}
