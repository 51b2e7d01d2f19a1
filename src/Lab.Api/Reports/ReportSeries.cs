using System.Collections.Frozen;
using Lab.Api.Hosting;
using Npgsql;

namespace Lab.Api.Reports;

/// <summary>One version as the rules of a series see it.</summary>
public sealed record SeriesVersion(Guid Id, Guid ProfileId, int Version, string Status, string? Because, string? Reason, string? SignedBy)
{
    /// <summary>From a row of these columns in this order.</summary>
    public static SeriesVersion Read(NpgsqlDataReader row)
    {
        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
        return new(row.GetGuid(0), row.GetGuid(1), row.GetInt32(2), row.GetString(3), Text(4), Text(5), Text(6));
    }
}

/// <summary>The reports of one sample and assay, oldest first, and how the next one comes about. Until something was released a new version replaces the last;
/// from then on whatever comes waits for a release, and the released one stays current.</summary>
public sealed class ReportSeries(IReadOnlyList<SeriesVersion> versions)
{
    public const string Preliminary = "preliminary", Final = "final", Amended = "amended", Corrected = "corrected", EnteredInError = "entered-in-error";

    /// <summary>Why a person changes or withdraws a report, as FHIR lists it; those that say that it was wrong make the next release a correction.</summary>
    public static readonly FrozenDictionary<string, bool> Reasons = new Dictionary<string, bool>
    {
        ["patient-mismatch"] = true,
        ["sample-mismatch"] = true,
        ["invalid-calibration"] = true,
        ["reagent-issue"] = true,
        ["duplicate"] = true,
        ["new-information"] = false,
        ["interpretation"] = false,
        ["other"] = false,
    }.ToFrozenDictionary();

    public int Next => versions.Count == 0 ? 1 : versions[^1].Version + 1;

    /// <summary>The version that partners read; null while none was released.</summary>
    public SeriesVersion? Released => versions.LastOrDefault(v => v.Status != Preliminary);

    public ReportSeries With(SeriesVersion version) => new([.. versions, version]);

    /// <summary>Why an analysis makes a version; null for the first.</summary>
    public string? BecauseOf(Guid profile, string cause) => versions.Count == 0 ? null
        : versions[^1].ProfileId != profile ? "new-profile"
        : cause == "sample-changed" ? cause : "re-interpreted";

    /// <summary>The status of what was computed or amended.</summary>
    public string StatusOfNew(bool autoRelease, string quality) => Released is null && autoRelease && quality is "pass" or "warn" ? Final : Preliminary;

    /// <summary>Final the first time; then corrected if anything since the last release says that it was wrong, else amended.</summary>
    public string StatusOfRelease()
    {
        if (Released is not { } released) return Final;
        var since = versions.Where(v => v.Version > released.Version || v is { Status: EnteredInError } && v == released);
        return since.Any(v => v.Because is "new-profile" or "sample-changed" || v.Reason is { } reason && Reasons.GetValueOrDefault(reason)) ? Corrected : Amended;
    }

    /// <summary>The last version, which alone may be released or amended.</summary>
    public void DemandLast(Guid id)
    {
        if (versions[^1].Id != id) throw new ProblemException(ProblemCodes.ReportSuperseded, "The series has a later version.");
    }

    /// <summary>What may be released: a preliminary version that is the last and that, where two persons are asked for, somebody else amended.</summary>
    public void DemandReleasable(Guid id, string client, bool twoPersons)
    {
        DemandLast(id);
        if (versions[^1].Status != Preliminary) throw new ProblemException(ProblemCodes.ReportReleased, "The version is released already.");
        if (twoPersons && versions.Any(v => v.Version > (Released?.Version ?? 0) && v.SignedBy == client))
        {
            throw new ProblemException(ProblemCodes.SecondPersonNeeded, "Who amended a report does not release it.");
        }
    }

    public void DemandAmendable(Guid id)
    {
        DemandLast(id);
        if (versions[^1].Status == EnteredInError) throw new ProblemException(ProblemCodes.ReportWithdrawn, "The report is withdrawn.");
    }

    /// <summary>What may be withdrawn: the released version, whatever waits behind it.</summary>
    public void DemandWithdrawable(Guid id)
    {
        var version = versions.Single(v => v.Id == id);
        if (version.Status == Preliminary) throw new ProblemException(ProblemCodes.ReportPreliminary, "The version was not released.");
        if (version.Id != Released!.Id) throw new ProblemException(ProblemCodes.ReportSuperseded, "The series has a later released version.");
        if (version.Status == EnteredInError) throw new ProblemException(ProblemCodes.ReportWithdrawn, "The report is withdrawn already.");
    }
}
