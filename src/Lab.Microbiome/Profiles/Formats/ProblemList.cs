using System.Collections.Immutable;
using System.Text;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Collects the errors and warnings of one upload; counts on past its limit but keeps no more.</summary>
internal sealed class ProblemList(int limit)
{
    private readonly List<ProfileProblem> errors = [];
    private readonly List<ProfileProblem> warnings = [];

    public bool HasErrors => errors.Count > 0;

    /// <summary>Set when further errors would be left out: readers of long files stop then.</summary>
    public bool Truncated { get; private set; }

    /// <summary>How bad it is; the worst of what was noted.</summary>
    public ProfileRefusal Refusal { get; private set; } = ProfileRefusal.Meaning;

    public void Error(string code, string message, string hint, int? line = null, int? column = null, string? pointer = null)
    {
        if (errors.Count < limit)
        {
            errors.Add(new ProfileProblem(code, line, column, pointer, message, hint));
        }
        else
        {
            Truncated = true;
        }
    }

    public void Refuse(ProfileRefusal refusal, string code, string message, string hint, int? line = null, int? column = null, string? pointer = null)
    {
        Refusal = (ProfileRefusal)Math.Max((int)Refusal, (int)refusal);
        Error(code, message, hint, line, column, pointer);
    }

    public void Warning(string code, string message, string hint, int? line = null, int? column = null, string? pointer = null)
    {
        if (warnings.Count < limit)
        {
            warnings.Add(new ProfileProblem(code, line, column, pointer, message, hint));
        }
    }

    /// <summary>Warns that nothing in the file says whether this was all of it.</summary>
    public void EndNotTold(int lastLine) => Warning("end-not-told", $"Nothing in the format says where a file ends; the last line was {lastLine}.",
        "Compare it with the file, where it could have been cut off.", lastLine);

    /// <summary>Notes what another list holds.</summary>
    public void AddAll(ProblemList other)
    {
        if (other == this)
        {
            return;
        }

        foreach (var problem in other.errors)
        {
            Refuse(other.Refusal, problem.Code, problem.Message, problem.Hint, problem.Line, problem.Column, problem.Pointer);
        }

        Truncated |= other.Truncated;
        foreach (var problem in other.warnings)
        {
            Warning(problem.Code, problem.Message, problem.Hint, problem.Line, problem.Column, problem.Pointer);
        }
    }

    public ProfileReading Refused(string? format) =>
        new() { Format = format, Refusal = Refusal, Errors = [.. errors], Truncated = Truncated, Warnings = [.. warnings] };

    public ProfileReading Accepted(TaxonomicProfile profile) => new() { Format = profile.Format, Profile = profile, Warnings = [.. warnings] };

    /// <summary>A value of the file as it may stand in a message: at most 64 characters, controls and non-ASCII escaped.</summary>
    public static string Quote(string value)
    {
        var text = new StringBuilder("'");
        foreach (char c in value)
        {
            text.Append(c is >= ' ' and <= '~' ? c.ToString() : $"\\u{(int)c:x4}");
            if (text.Length > 60)
            {
                text.Length = 60;
                text.Append('…');
                break;
            }
        }

        return text.Append('\'').ToString();
    }
}
