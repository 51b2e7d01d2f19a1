namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What a name may not be, whatever it stands for.</summary>
internal static class TaxonNames
{
    private const int MaxLength = 512;

    /// <summary>Whether the name can be taken; a problem where it cannot.</summary>
    public static bool Check(string name, int line, int column, ProblemList problems)
    {
        if (name.Length > MaxLength)
        {
            problems.Error("value-too-long", $"The name has more than {MaxLength} characters.", "Is a column missing before it?", line, column);
            return false;
        }

        if (IsMixed(name))
        {
            problems.Error("name-suspicious", $"{ProblemList.Quote(name)} has a word in letters of two scripts.", "It looks like a name that it is not: type it anew.", line, column);
            return false;
        }

        return true;
    }

    // A Cyrillic o among Latin letters: no normalisation finds it, and no name of a taxon is written so.
    private static bool IsMixed(string name)
    {
        bool latin = false, other = false;
        foreach (char c in name)
        {
            if (!char.IsLetter(c))
            {
                latin = other = false;
                continue;
            }

            bool isLatin = c is < '\u0250' or (>= '\u1e00' and <= '\u1eff');
            latin |= isLatin;
            other |= !isLatin;
            if (latin && other)
            {
                return true;
            }
        }

        return false;
    }
}
