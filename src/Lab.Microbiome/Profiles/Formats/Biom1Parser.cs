using System.Text.Json;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Reads the members of BIOM 1.0 that a profile needs: first all but the numbers, whose meaning may stand after them, then the numbers.</summary>
internal sealed class Biom1Parser(ProblemList problems, ProfileLimits limits)
{
    private static readonly string[] LineageMembers = ["taxonomy", "taxon", "lineage", "Consensus Lineage"];
    private readonly HashSet<string> seen = [];
    private JsonReaderState stateOfData;
    private long startOfData = -1;
    private bool dense;
    private string element = "float";
    private (long Rows, long Columns)? shape;

    public List<(string Id, string? Lineage)> Rows { get; } = [];

    public List<string> Columns { get; } = [];

    /// <summary>Reads all but the numbers, and checks that they have the shape that is stated.</summary>
    /// <exception cref="JsonException">The JSON is not well-formed.</exception>
    /// <exception cref="InvalidOperationException">A string holds half a surrogate pair.</exception>
    public void Read(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(content, new JsonReaderOptions { MaxDepth = 64 });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            reader.Read();
            Structure("", "The JSON is no object.");
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName && !problems.Truncated)
        {
            string name = reader.GetString()!;
            if (!seen.Add(name))
            {
                problems.Refuse(ProfileRefusal.Malformed, "member-duplicate", $"The member {ProblemList.Quote(name)} stands twice.", "Give it once.");
            }

            if (name == "data")
            {
                (startOfData, stateOfData) = (reader.BytesConsumed, reader.CurrentState);
            }

            reader.Read();
            Member(ref reader, name);
        }

        // What stands after the end is no JSON.
        reader.Read();
        foreach (string name in new[] { "rows", "columns", "data", "shape", "matrix_type" })
        {
            if (!seen.Contains(name))
            {
                Structure($"/{name}", $"The member {name} is missing.");
            }
        }

        if (shape is var (rows, columns) && !problems.HasErrors && (rows != Rows.Count || columns != Columns.Count))
        {
            problems.Error("biom-shape", $"The shape is {rows} × {columns}, with {Rows.Count} rows and {Columns.Count} columns.", "Was the file cut, or edited?", pointer: "/shape");
        }
    }

    /// <summary>Reads the numbers into a table whose features and samples are the rows and columns.</summary>
    public void ReadData(ReadOnlySpan<byte> content, FeatureTable table)
    {
        var reader = new Utf8JsonReader(content[(int)startOfData..], isFinalBlock: true, stateOfData);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Structure("/data", "The data are no array.");
            return;
        }

        int index = 0;
        for (; reader.Read() && reader.TokenType == JsonTokenType.StartArray && !problems.Truncated; index++)
        {
            if (!(dense ? DenseRow(ref reader, index, table) : SparseCell(ref reader, index, table)))
            {
                return;
            }
        }

        if (!problems.Truncated && reader.TokenType != JsonTokenType.EndArray && !problems.HasErrors)
        {
            Structure($"/data/{index}", "It is no array.");
        }
        else if (dense && index != Rows.Count && !problems.HasErrors)
        {
            problems.Error("biom-shape", $"The data have {index} rows instead of {Rows.Count}.", "Was the file cut, or edited?", pointer: "/data");
        }
    }

    private void Member(ref Utf8JsonReader reader, string name)
    {
        switch (name)
        {
            case "rows":
                Items(ref reader, name, Rows.Add);
                break;
            case "columns":
                Items(ref reader, name, column => Columns.Add(column.Id));
                break;
            case "shape":
                shape = Shape(ref reader);
                break;
            case "matrix_type":
                string? type = Text(ref reader);
                dense = type == "dense";
                if (type is not ("dense" or "sparse"))
                {
                    Structure("/matrix_type", "The matrix is neither sparse nor dense.");
                }

                break;
            case "matrix_element_type":
                element = Text(ref reader) ?? "";
                if (element is not ("int" or "float"))
                {
                    problems.Error("biom-element-type", $"{ProblemList.Quote(element)} are no numbers.", "The elements are int or float.", pointer: "/matrix_element_type");
                }

                break;
            default:
                reader.Skip();
                break;
        }
    }

    private void Items(ref Utf8JsonReader reader, string name, Action<(string Id, string? Lineage)> add)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Structure($"/{name}", "It is no array.");
            reader.Skip();
            return;
        }

        for (int index = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; index++)
        {
            if (index >= limits.MaxLines)
            {
                problems.Refuse(ProfileRefusal.TooLarge, "too-many-taxa", $"More than {limits.MaxLines} {name}.", "Leave out what is zero.", pointer: $"/{name}");
                reader.Skip();
                continue;
            }

            string? id = null;
            string? lineage = null;
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    string member = reader.GetString()!;
                    reader.Read();
                    if (member == "id")
                    {
                        id = Text(ref reader);
                    }
                    else if (member == "metadata" && reader.TokenType == JsonTokenType.StartObject)
                    {
                        lineage = Metadata(ref reader);
                    }
                    else
                    {
                        reader.Skip();
                    }
                }
            }
            else
            {
                reader.Skip();
            }

            if (string.IsNullOrEmpty(id) && name == "rows")
            {
                Structure($"/{name}/{index}/id", "The row has no id.");
            }

            add((id ?? "", lineage));
        }
    }

    private static string? Metadata(ref Utf8JsonReader reader)
    {
        string? lineage = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            bool wanted = LineageMembers.Contains(reader.GetString(), StringComparer.OrdinalIgnoreCase);
            reader.Read();
            if (!wanted || reader.TokenType is not (JsonTokenType.StartArray or JsonTokenType.String))
            {
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.String)
            {
                lineage = reader.GetString();
            }
            else
            {
                var levels = new List<string>();
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    levels.Add(Text(ref reader) ?? "");
                }

                lineage = string.Join("; ", levels);
            }
        }

        return lineage is { Length: > 0 } ? lineage : null;
    }

    private (long Rows, long Columns)? Shape(ref Utf8JsonReader reader)
    {
        var numbers = new List<long>();
        if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                numbers.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long number) ? number : -1);
                reader.Skip();
            }
        }

        reader.Skip();
        if (numbers is [>= 0, >= 0])
        {
            return (numbers[0], numbers[1]);
        }

        Structure("/shape", "The shape is not two whole numbers.");
        return null;
    }

    // False when the table is too large.
    private bool SparseCell(ref Utf8JsonReader reader, int index, FeatureTable table)
    {
        reader.Read();
        long row = Index(ref reader, index, Rows.Count);
        reader.Read();
        long column = Index(ref reader, index, Columns.Count);
        reader.Read();
        bool whole = reader.TokenType != JsonTokenType.EndArray;
        double? value = row < 0 || column < 0 || !whole ? null : Value(ref reader, index, 2);
        if (!whole || !reader.Read() || reader.TokenType != JsonTokenType.EndArray)
        {
            Structure($"/data/{index}", "It is not row, column and value.");
            return false;
        }

        return value is null || table.Add((int)row, (int)column, value.Value);
    }

    private bool DenseRow(ref Utf8JsonReader reader, int row, FeatureTable table)
    {
        int column = 0;
        for (; reader.Read() && reader.TokenType != JsonTokenType.EndArray; column++)
        {
            double? value = Value(ref reader, row, column);
            if (value is not null && row < Rows.Count && column < Columns.Count && !table.Add(row, column, value.Value))
            {
                return false;
            }
        }

        if (column != Columns.Count)
        {
            problems.Error("biom-shape", $"The row has {column} values instead of {Columns.Count}.", "Was the file cut, or edited?", pointer: $"/data/{row}");
        }

        return true;
    }

    private long Index(ref Utf8JsonReader reader, int index, int count)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long place) && place >= 0 && place < count)
        {
            return place;
        }

        if (reader.TokenType is not JsonTokenType.EndArray)
        {
            problems.Error("biom-index", $"The index is not one of 0 to {count - 1}.", "Was the file cut, or edited?", pointer: $"/data/{index}");
        }

        return -1;
    }

    private double? Value(ref Utf8JsonReader reader, int outer, int inner)
    {
        bool number = reader.TokenType == JsonTokenType.Number;
        double value = 0;
        (string Code, string Message, string Hint)? wrong = reader.TokenType == JsonTokenType.Null ? ("value-missing", "The value is missing.", "Give a number.")
            : !number ? ("biom-element-type", "The value is no number.", "Give a number, without quotes.")
            : !reader.TryGetDouble(out value) || !double.IsFinite(value) ? ("value-not-finite", "The number is too large.", "Give a finite number.")
            : value < 0 ? ("value-negative", "The value is negative.", "An abundance is 0 or more.")
            : value > Numbers.MaxCount ? ("value-out-of-range", "The value is more than 2^53.", "No sample has that many reads.")
            : element == "int" && value != Math.Floor(value) ? ("biom-element-type", "The value is no whole number.", "The elements are declared as int.")
            : null;
        reader.Skip();
        if (wrong is not { } problem)
        {
            return value;
        }

        problems.Error(problem.Code, problem.Message, problem.Hint, pointer: $"/data/{outer}/{inner}");
        return null;
    }

    // Ids may be numbers.
    private static string? Text(ref Utf8JsonReader reader)
    {
        if (reader.TokenType is JsonTokenType.String)
        {
            return reader.GetString();
        }

        string? number = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out long whole) ? whole.ToString(System.Globalization.CultureInfo.InvariantCulture) : null;
        reader.Skip();
        return number;
    }

    private void Structure(string pointer, string message) =>
        problems.Error("biom-structure", message, "See https://biom-format.org/documentation/format_versions/biom-1.0.html.", pointer: pointer);
}
