using System.Text.Json;

namespace Lab.Api.Reports.Page;

/// <summary>A part of the stored document and the JSON Pointer to it, so that whatever is shown can be traced to its member.</summary>
public readonly record struct DocumentPart(JsonElement Element, string Pointer)
{
    /// <summary>A member; one that does not exist where there is none.</summary>
    public DocumentPart this[string name] => Element.ValueKind == JsonValueKind.Object && Element.TryGetProperty(name, out var member) ? new(member, $"{Pointer}/{name}") : default;

    /// <summary>False for what is missing or null.</summary>
    public bool Exists => Element.ValueKind is not (JsonValueKind.Undefined or JsonValueKind.Null);

    /// <summary>The items of an array; none where it is missing or null.</summary>
    public IReadOnlyList<DocumentPart> Items
    {
        get
        {
            if (!Exists) return [];
            var pointer = Pointer;
            return [.. Element.EnumerateArray().Select((item, i) => new DocumentPart(item, $"{pointer}/{i}"))];
        }
    }

    /// <summary>A text; empty where it is missing or null.</summary>
    public string Text => Exists ? Element.GetString()! : "";

    /// <summary>A number; null where it is missing or null.</summary>
    public double? Number => Exists ? Element.GetDouble() : null;
}
