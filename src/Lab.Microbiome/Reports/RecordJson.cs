using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Lab.Microbiome.Reports;

/// <summary>Writes a content as JSON. Which members there are, under which names and when, is what System.Text.Json knows of the records; what it does anew for every value is done once here,
/// and their getters are called without boxing. Numbers have six significant digits. Once made, it serves any number of threads.</summary>
internal sealed class RecordJson
{
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Unescaped(' ', '~')]);

    // What texts in our languages have besides: letters with accents, dashes and quotation marks, arrows and signs.
    private static readonly SearchValues<char> Known = SearchValues.Create([.. Unescaped(' ', '\u024F'), .. Unescaped('\u2010', '\u2027'), .. Unescaped('\u2190', '\u22FF')]);

    private delegate void Write<in T>(ArrayBufferWriter<byte> output, T value);

    private delegate void WriteMember<in T>(ArrayBufferWriter<byte> output, T record, bool first);

    private readonly JsonSerializerOptions contract;
    private readonly bool canonical;
    private readonly Dictionary<Type, Delegate> writers = [];
    private readonly WriteMember<ReportContent>[] members;

    /// <param name="contract">What System.Text.Json goes by.</param>
    /// <param name="canonical">Whether members are sorted and strings escaped as RFC 8785 says; else as the contract does.</param>
    public RecordJson(JsonSerializerOptions contract, bool canonical)
    {
        (this.contract, this.canonical) = (contract, canonical);
        members = Members<ReportContent>();
    }

    /// <summary>Appends the members of a content, without braces.</summary>
    /// <param name="output">Grows.</param>
    /// <param name="content">The content.</param>
    /// <param name="first">Whether no member stands before them.</param>
    public void AppendMembers(ArrayBufferWriter<byte> output, ReportContent content, bool first) => Append(members, output, content, first);

    private Write<T> For<T>()
    {
        if (!writers.TryGetValue(typeof(T), out var known)) writers.Add(typeof(T), known = Make<T>());
        return (Write<T>)known;
    }

    private Delegate Make<T>()
    {
        var type = typeof(T);
        if (type == typeof(string)) return (Write<string?>)Text;
        if (type == typeof(double)) return (Write<double>)Number;
        if (type == typeof(long)) return (Write<long>)Whole;
        if (Nullable.GetUnderlyingType(type) is { } underlying) return Made(nameof(Optional), [underlying]);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)) return Made(nameof(Items), type.GenericTypeArguments);
        return type.IsClass ? Record<T>() : throw new NotSupportedException($"{type} is in no report.");
    }

    private Delegate Made(string maker, Type[] types, params object[] arguments) =>
        (Delegate)GetType().GetMethod(maker, BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(types).Invoke(this, arguments)!;

    private Write<T?> Optional<T>() where T : struct
    {
        var some = For<T>();
        return (output, value) =>
        {
            if (value is { } given) some(output, given);
            else output.Write("null"u8);
        };
    }

    private Write<ImmutableArray<T>> Items<T>()
    {
        var item = For<T>();
        return (output, values) =>
        {
            output.Write("["u8);
            for (var i = 0; i < values.Length; i++)
            {
                if (i > 0) output.Write(","u8);
                item(output, values[i]);
            }
            output.Write("]"u8);
        };
    }

    private Write<T> Record<T>()
    {
        var all = Members<T>();
        return (output, record) =>
        {
            if (record is null)
            {
                output.Write("null"u8);
                return;
            }
            output.Write("{"u8);
            Append(all, output, record, first: true);
            output.Write("}"u8);
        };
    }

    private WriteMember<T>[] Members<T>()
    {
        var properties = contract.GetTypeInfo(typeof(T)).Properties.Where(p => p.Get is not null);
        if (canonical) properties = properties.OrderBy(p => p.Name, StringComparer.Ordinal);
        return [.. properties.Select(p => (WriteMember<T>)Made(nameof(Member), [typeof(T), p.PropertyType], p))];
    }

    private static void Append<T>(WriteMember<T>[] members, ArrayBufferWriter<byte> output, T record, bool first)
    {
        foreach (var member in members)
        {
            var before = output.WrittenCount;
            member(output, record, first);
            first &= output.WrittenCount == before;
        }
    }

    private WriteMember<TRecord> Member<TRecord, T>(JsonPropertyInfo property)
    {
        var declared = (PropertyInfo)property.AttributeProvider!;
        var get = declared.GetMethod!.CreateDelegate<Func<TRecord, T>>();
        var optional = declared.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition == JsonIgnoreCondition.WhenWritingNull;
        var name = Encoding.UTF8.GetBytes($",\"{JsonEncodedText.Encode(property.Name)}\":");
        var write = For<T>();
        return (output, record, first) =>
        {
            var value = get(record);
            if (optional && value is null) return;
            output.Write(name.AsSpan(first ? 1 : 0));
            write(output, value);
        };
    }

    private void Text(ArrayBufferWriter<byte> output, string? text)
    {
        if (text is null) output.Write("null"u8);
        else if (!text.AsSpan().ContainsAnyExcept(Plain) || !text.AsSpan().ContainsAnyExcept(Known))
        {
            output.Write("\""u8);
            output.Advance(Encoding.UTF8.GetBytes(text, output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length))));
            output.Write("\""u8);
        }
        else output.Write(canonical ? CanonicalJson.Write(JsonValue.Create(text)) : JsonSerializer.SerializeToUtf8Bytes(text, contract));
    }

    /// <summary>Those that neither way of writing escapes.</summary>
    private static IEnumerable<char> Unescaped(char from, char to) =>
        Enumerable.Range(from, to - from + 1).Select(c => (char)c).Where(c => !char.IsControl(c) && JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(c.ToString()).Length == 1);

    private static void Number(ArrayBufferWriter<byte> output, double number)
    {
        if (Significant.IsCount(number))
        {
            Whole(output, (long)number);
            return;
        }
        Span<char> text = stackalloc char[CanonicalJson.MaxNumber];
        output.Advance(Encoding.ASCII.GetBytes(text[..CanonicalJson.Write(number, 6, text)], output.GetSpan(text.Length)));
    }

    private static void Whole(ArrayBufferWriter<byte> output, long number)
    {
        number.TryFormat(output.GetSpan(20), out var written, default, CultureInfo.InvariantCulture);
        output.Advance(written);
    }
}
