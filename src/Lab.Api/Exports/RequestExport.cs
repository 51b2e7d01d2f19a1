using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Hosting;
using Lab.Api.Library;
using Lab.Api.Profiles;
using Lab.Api.Storage;
using Lab.Api.Tasks;
using MediatR;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Exports;

/// <summary>Asks for an export; a worker makes it.</summary>
public static class RequestExport
{
    public sealed record Command(ExportRequest Request, IdempotentRequest? Idempotent) : ICommand<Answer>;

    /// <summary>Ask for an export</summary>
    public static async Task<Answer> PostAsync(HttpContext context, IMediator sender)
    {
        var (body, hash) = await StrictBody.ReadHashedAsync<ExportRequest>(context);
        return await sender.Send(new Command(body, IdempotentRequest.Of(context.Request, hash)), context.RequestAborted);
    }

    public sealed class Handler(LabSession session, AnalysisSignal signal, LabAssays assays, ReferenceLibrary library) : IRequestHandler<Command, Answer>
    {
        public async Task<Answer> Handle(Command command, CancellationToken cancellation)
        {
            if (command.Idempotent is { } request && await request.BeginAsync(session, cancellation) is { } first) return first;
            var wanted = await ExportRules.CompleteAsync(command.Request, assays, library, cancellation);
            var id = await QueueTasks.AddAsync(session, signal, WriteExport.TaskKind, wanted, cancellation);
            // Not the filter: the trail is for ever, and a filter may name a person.
            await session.RecordAsync("export.requested", $"export:{id}", null, cancellation);
            var task = await (await session.ModelAsync(cancellation)).Tasks.SingleAsync(t => t.Id == id, cancellation);
            var answer = Answer.Of(StatusCodes.Status202Accepted, $"/v1/exports/{id}", ExportState.Of(task));
            if (command.Idempotent is { } kept) await kept.CompleteAsync(session, answer, cancellation);
            return answer;
        }
    }
}
