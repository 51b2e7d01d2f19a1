using System.Text.RegularExpressions;
using Lab.Api.Hosting;

namespace Lab.Api.Samples;

/// <summary>Names that people choose: accessions, partners, subjects.</summary>
public static partial class Accession
{
    public const string Pattern = "^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$";

    public static bool IsValid(string name) => Shape().IsMatch(name);

    /// <summary>A path id that is no id is not there.</summary>
    public static void Demand(string accession)
    {
        if (!IsValid(accession)) throw new ProblemException(ProblemCodes.NotFound, "An accession has 1 to 64 letters, digits and . _ : - and starts with a letter or digit.");
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,63}\z")]
    private static partial Regex Shape();
}

/// <summary>Who owns a sample that is registered without a partner: nobody, but in Development the demo partner.</summary>
public sealed record DefaultPartner(string? Id);
