using System.Text.Json;
using AutoMapper;
using AutoMapper.QueryableExtensions;
using Lab.Api.Hosting;
using Lab.Api.Reports;
using Lab.Api.Storage;
using MediatR;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Samples;

/// <summary>A sample with its profiles and its current report.</summary>
public sealed record SampleDetails
{
    public required string Accession { get; init; }
    public required string? Subject { get; init; }
    public required string? Partner { get; init; }
    public required DateTimeOffset? CollectedAt { get; init; }
    public required DateTimeOffset? ReceivedAt { get; init; }
    public required short? BristolScale { get; init; }
    public required SampleContext? Context { get; init; }
    /// <summary>The accession of the sample that this one repeats.</summary>
    public required string? ReplicateOf { get; init; }
    /// <summary>Whether the person agreed that the profile may be one of a reference cohort's.</summary>
    public required bool? Consent { get; init; }
    /// <summary>female, male or other.</summary>
    public required string? Sex { get; init; }
    /// <summary>Of the person when the specimen was taken.</summary>
    public required short? AgeYears { get; init; }
    /// <summary>registered, analysing, reported or rejected.</summary>
    public required string Status { get; init; }
    public required DateTimeOffset RegisteredAt { get; init; }
    /// <summary>Why and when it was rejected; null when it was not.</summary>
    public required SampleRejection? Rejection { get; init; }
    public required IReadOnlyList<SampleProfile> Profiles { get; init; }
    /// <summary>The current report; null while there is none that you may read.</summary>
    public required CurrentReport? Report { get; init; }
    [System.Text.Json.Serialization.JsonIgnore] public int Revision { get; init; }
}

/// <summary>Why the lab does not analyse a specimen.</summary>
/// <param name="Reason">A code.</param>
/// <param name="Note">In somebody's words.</param>
/// <param name="RejectedAt">When.</param>
public sealed record SampleRejection(string Reason, string? Note, DateTimeOffset RejectedAt);

/// <summary>A profile of a sample, without its taxa.</summary>
public sealed record SampleProfile
{
    public required Guid ProfileId { get; init; }
    public required string Assay { get; init; }
    public required string Format { get; init; }
    public required long? TotalReads { get; init; }
    public required int Taxa { get; init; }
    public required DateTimeOffset ReceivedAt { get; init; }
}

/// <summary>Which report of a sample is current.</summary>
public sealed record CurrentReport(Guid Id, int Version, string Status, string Assay);

/// <summary>Reads a sample.</summary>
public static class GetSample
{
    public sealed record Query(string Accession) : IRequest<SampleDetails?>;

    /// <summary>Read a sample</summary>
    public static async Task<Ok<SampleDetails>> GetAsync(string accession, HttpContext context, IMediator sender)
    {
        Accession.Demand(accession);
        var sample = await sender.Send(new Query(accession), context.RequestAborted) ?? throw new ProblemException(ProblemCodes.NotFound, "There is no such sample, or it is not yours.");
        context.Response.Headers.ETag = $"\"{sample.Revision}\"";
        return TypedResults.Ok(sample);
    }

    public sealed class Mapping : AutoMapper.Profile
    {
        public Mapping() => CreateMap<Profiles.Profile, SampleProfile>().ForMember(p => p.ProfileId, map => map.MapFrom(p => p.Id));
    }

    public sealed class Handler(LabSession session, IMapper mapper) : IRequestHandler<Query, SampleDetails?>
    {
        public async Task<SampleDetails?> Handle(Query query, CancellationToken cancellation)
        {
            var model = await session.ModelAsync(cancellation);
            var sample = await model.Samples.SingleOrDefaultAsync(s => s.Accession == query.Accession, cancellation);
            if (sample is null) return null;
            if (sample.ErasedAt is not null) throw Erasure.Gone();
            var profiles = await model.Profiles.Where(p => p.SampleId == sample.Id).OrderBy(p => p.Id)
                .ProjectTo<SampleProfile>(mapper.ConfigurationProvider).ToListAsync(cancellation);
            var analysing = await model.Analyses.AnyAsync(a => a.SampleId == sample.Id && (a.Status == "queued" || a.Status == "running"), cancellation);
            var all = session.Caller.SeesPreliminary;
            var report = await model.Reports.FromSqlRaw($"SELECT * FROM lab.report r WHERE {GetReport.IsCurrent}")
                .Where(r => r.SampleId == sample.Id && (all || r.Status != "preliminary"))
                .OrderBy(r => r.Status == "preliminary").ThenByDescending(r => r.IssuedAt).ThenByDescending(r => r.Id)
                .Select(r => new CurrentReport(r.Id, r.Version, r.Status, r.Assay)).FirstOrDefaultAsync(cancellation);
            var original = sample.ReplicateOf is { } repeated ? await model.Samples.Where(s => s.Id == repeated).Select(s => s.Accession).SingleOrDefaultAsync(cancellation) : null;
            return new SampleDetails
            {
                Accession = sample.Accession,
                Subject = sample.Subject,
                Partner = sample.PartnerId,
                CollectedAt = sample.CollectedAt,
                ReceivedAt = sample.ReceivedAt,
                BristolScale = sample.BristolScale,
                Context = sample.Context is null ? null : JsonSerializer.Deserialize<SampleContext>(sample.Context, Json.Options),
                ReplicateOf = original,
                Consent = sample.Consent,
                Sex = sample.Sex,
                AgeYears = sample.AgeYears,
                Status = sample.RejectedAt is not null ? "rejected" : analysing ? "analysing" : report is null ? "registered" : "reported",
                RegisteredAt = sample.RegisteredAt,
                Rejection = sample.RejectedAt is { } at ? new SampleRejection(sample.Rejection!, sample.RejectionNote, at) : null,
                Profiles = profiles,
                Report = report,
                Revision = sample.Revision,
            };
        }
    }
}
