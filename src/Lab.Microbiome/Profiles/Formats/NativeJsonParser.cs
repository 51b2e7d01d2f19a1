using System.Text.Json;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A number of the JSON and whether it is written as a whole number.</summary>
internal readonly record struct JsonNumber(double Value, long? Whole);

/// <summary>A taxon of the native JSON as written.</summary>
internal sealed class NativeTaxon
{
    public long? Taxid { get; set; }
    public string? Name { get; set; }
    public string? Rank { get; set; }
    public string? Lineage { get; set; }
    public JsonNumber? Value { get; set; }
}

/// <summary>Reads the members of the native JSON strictly: an unknown or repeated member, another type, a number that is not finite is a problem
/// with its JSON Pointer; reading goes on, so that all are found.</summary>
internal sealed class NativeJsonParser(ProblemList problems)
{
    private const int MaxText = 512;
    private static readonly string[] Required = ["unit", "taxa"];

    public string? Assay { get; private set; }
    public string? Accession { get; private set; }
    public string? Unit { get; private set; }
    public JsonNumber? TotalReads { get; private set; }
    public JsonNumber? Unclassified { get; private set; }
    public List<NativeTaxon> Taxa { get; } = [];

    private delegate bool Member(ref Utf8JsonReader reader, string name, string pointer);

    /// <exception cref="JsonException">The JSON is not well-formed.</exception>
    /// <exception cref="InvalidOperationException">A string holds half a surrogate pair.</exception>
    public void Read(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = 8 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Wrong("", "an object");
            reader.Skip();
        }
        else
        {
            var seen = ReadObject(ref reader, "", ReadTop);
            foreach (string name in Required.Where(n => !seen.Contains(n)))
            {
                problems.Refuse(ProfileRefusal.Malformed, "member-missing", $"The member {name} is missing.", "unit and taxa are required.",
                    pointer: $"/{name}");
            }
        }

        reader.Read();
    }

    private bool ReadTop(ref Utf8JsonReader reader, string name, string pointer)
    {
        switch (name)
        {
            case "assay":
                Assay = Text(ref reader, pointer);
                return true;
            case "accession":
                Accession = Text(ref reader, pointer);
                return true;
            case "unit":
                Unit = Text(ref reader, pointer);
                return true;
            case "totalReads":
                TotalReads = Number(ref reader, pointer);
                return true;
            case "unclassified":
                Unclassified = Number(ref reader, pointer);
                return true;
            case "taxa":
                ReadTaxa(ref reader, pointer);
                return true;
            default:
                return false;
        }
    }

    private void ReadTaxa(ref Utf8JsonReader reader, string pointer)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Wrong(pointer, "an array");
            reader.Skip();
            return;
        }

        for (int index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            var taxon = new NativeTaxon();
            Taxa.Add(taxon);
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                Wrong($"{pointer}/{index}", "an object");
                reader.Skip();
                continue;
            }

            var seen = ReadObject(ref reader, $"{pointer}/{index}", (ref Utf8JsonReader r, string name, string place) => ReadTaxon(ref r, name, place, taxon));
            if (!seen.Contains("value"))
            {
                problems.Refuse(ProfileRefusal.Malformed, "member-missing", "The member value is missing.", "Each taxon has a value.",
                    pointer: $"{pointer}/{index}/value");
            }
        }
    }

    private bool ReadTaxon(ref Utf8JsonReader reader, string name, string pointer, NativeTaxon taxon)
    {
        switch (name)
        {
            case "taxid":
                taxon.Taxid = Number(ref reader, pointer) is { } id ? id.Whole ?? -1 : null;
                return true;
            case "name":
                taxon.Name = Text(ref reader, pointer);
                return true;
            case "rank":
                taxon.Rank = Text(ref reader, pointer);
                return true;
            case "lineage":
                taxon.Lineage = Text(ref reader, pointer);
                return true;
            case "value":
                taxon.Value = Number(ref reader, pointer);
                return true;
            default:
                return false;
        }
    }

    private HashSet<string> ReadObject(ref Utf8JsonReader reader, string pointer, Member member)
    {
        var seen = new HashSet<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            string name = reader.GetString()!;
            string place = $"{pointer}/{Escape(name)}";
            if (!seen.Add(name))
            {
                problems.Refuse(ProfileRefusal.Malformed, "member-duplicate", "The member stands twice.", "Leave one out.", pointer: place);
            }

            reader.Read();
            if (!member(ref reader, name, place))
            {
                problems.Refuse(ProfileRefusal.Malformed, "member-unknown", "The member is not known.",
                    "Members are spelt as in the documentation, case included.", pointer: place);
                reader.Skip();
            }
        }

        return seen;
    }

    private string? Text(ref Utf8JsonReader reader, string pointer)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            Wrong(pointer, "a string");
            reader.Skip();
            return null;
        }

        string text = reader.GetString()!;
        if (text.Length > MaxText)
        {
            problems.Error("value-too-long", $"The text has more than {MaxText} characters.", "Shorten it.", pointer: pointer);
            return null;
        }

        if (text.Any(char.IsControl))
        {
            problems.Error("control-character", "The text holds a control character.", "Leave it out.", pointer: pointer);
            return null;
        }

        return text;
    }

    private JsonNumber? Number(ref Utf8JsonReader reader, string pointer)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            Wrong(pointer, "a number");
            reader.Skip();
            return null;
        }

        if (!reader.TryGetDouble(out double value) || !double.IsFinite(value))
        {
            problems.Refuse(ProfileRefusal.Malformed, "value-not-finite", "The number is too large.", "Give a finite number.", pointer: pointer);
            return null;
        }

        return new JsonNumber(value, reader.TryGetInt64(out long whole) ? whole : null);
    }

    private void Wrong(string pointer, string wanted) =>
        problems.Refuse(ProfileRefusal.Malformed, "type-mismatch", $"The value is not {wanted}.", $"Give {wanted}; numbers stand without quotes.",
            pointer: pointer);

    private static string Escape(string name)
    {
        string text = name.Length > 64 ? name[..64] : name;
        return text.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);
    }
}
