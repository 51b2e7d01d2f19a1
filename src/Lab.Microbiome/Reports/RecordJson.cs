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

/// <summary>Writes a content as JSON, in two forms at once: as the contract says, and with its members sorted and its strings escaped as RFC 8785 says, for the digest. A value is put
/// into text once. Which members there are, under which names and when, is what System.Text.Json knows of the records; what it does anew for every value is done once here, and their
/// getters are called without boxing. Numbers have six significant digits. Once made, it serves any number of threads.</summary>
internal sealed class RecordJson
{
    private static readonly SearchValues<char> Plain = SearchValues.Create([.. Unescaped(' ', '~')]);

    // What texts in our languages have besides: letters with accents, dashes and quotation marks, arrows and signs.
    private static readonly SearchValues<char> Known = SearchValues.Create([.. Unescaped(' ', '\u024F'), .. Unescaped('\u2010', '\u2027'), .. Unescaped('\u2190', '\u22FF')]);

    /// <summary>Writes the contract's form of a value; and its canonical form, unless that is the same bytes.</summary>
    /// <returns>Whether it is.</returns>
    private delegate bool Write<in T>(JsonForms output, T value);

    private readonly JsonSerializerOptions contract;
    private readonly Dictionary<Type, Delegate> writers = [];
    private readonly RecordMembers<ReportContent> content;

    /// <param name="contract">What System.Text.Json goes by.</param>
    public RecordJson(JsonSerializerOptions contract)
    {
        this.contract = contract;
        content = Members<ReportContent>();
    }

    /// <summary>The members of a content, without braces.</summary>
    public JsonForms Of(ReportContent content)
    {
        var forms = new JsonForms();
        Append(this.content, forms, content);
        return forms;
    }

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
        if (Nullable.GetUnderlyingType(type) is { } underlying) return (Delegate)Made(nameof(Optional), [underlying]);
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>)) return (Delegate)Made(nameof(Items), type.GenericTypeArguments);
        return type.IsClass ? Record<T>() : throw new NotSupportedException($"{type} is in no report.");
    }

    private object Made(string maker, Type[] types, params object[] arguments) =>
        GetType().GetMethod(maker, BindingFlags.NonPublic | BindingFlags.Instance)!.MakeGenericMethod(types).Invoke(this, arguments)!;

    private Write<T?> Optional<T>() where T : struct
    {
        var some = For<T>();
        return (output, value) => value is { } given ? some(output, given) : Null(output);
    }

    private Write<ImmutableArray<T>> Items<T>()
    {
        var item = For<T>();
        return (output, values) =>
        {
            var (alike, start) = (true, output.Canonical.Length);
            output.Append("["u8);
            for (var i = 0; i < values.Length; i++)
            {
                if (i > 0) output.Append(","u8);
                var before = output.Contract.Length;
                if (item(output, values[i])) output.Canonical.Append(output.Contract.Written[before..]);
                else alike = false;
            }
            output.Append("]"u8);
            if (alike) output.Canonical.Length = start;
            return alike;
        };
    }

    private Write<T> Record<T>()
    {
        var members = Members<T>();
        return (output, record) =>
        {
            if (record is null) return Null(output);
            output.Append("{"u8);
            Append(members, output, record);
            output.Append("}"u8);
            return false;
        };
    }

    private static bool Null(JsonForms output)
    {
        output.Contract.Append("null"u8);
        return true;
    }

    /// <param name="All">In the order of the contract.</param>
    /// <param name="Sorted">Their places in the order of RFC 8785.</param>
    private sealed record RecordMembers<T>(Member<T>[] All, int[] Sorted);

    private RecordMembers<T> Members<T>()
    {
        var properties = contract.GetTypeInfo(typeof(T)).Properties.Where(p => p.Get is not null).ToArray();
        return new([.. properties.Select(p => (Member<T>)Made(nameof(Named), [typeof(T), p.PropertyType], p))],
            [.. Enumerable.Range(0, properties.Length).OrderBy(i => properties[i].Name, StringComparer.Ordinal)]);
    }

    private Member<TRecord, T> Named<TRecord, T>(JsonPropertyInfo property)
    {
        var declared = (PropertyInfo)property.AttributeProvider!;
        return new(Encoding.UTF8.GetBytes($",\"{JsonEncodedText.Encode(property.Name)}\":"), declared.GetMethod!.CreateDelegate<Func<TRecord, T>>(), For<T>(),
            declared.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition == JsonIgnoreCondition.WhenWritingNull);
    }

    private static void Append<T>(RecordMembers<T> members, JsonForms output, T record)
    {
        var start = output.Canonical.Length;
        Span<Piece> values = stackalloc Piece[members.All.Length];
        var first = true;
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = members.All[i].Append(output, record, first);
            first &= values[i].IsEmpty;
        }
        output.Turned.Length = 0;
        foreach (var i in members.Sorted)
        {
            if (values[i].IsEmpty) continue;
            output.Turned.Append(members.All[i].Name.AsSpan(output.Turned.Length == 0 ? 1 : 0));
            output.Turned.Append((values[i].Alike ? output.Contract : output.Canonical).Written[values[i].Start..values[i].End]);
        }
        output.Canonical.Length = start;
        output.Canonical.Append(output.Turned.Written);
    }

    /// <summary>Where the canonical form of a member's value stands; nowhere where it is not written.</summary>
    /// <param name="Start">Its first byte.</param>
    /// <param name="End">After its last.</param>
    /// <param name="Alike">In the contract's form, else in the canonical one.</param>
    private readonly record struct Piece(int Start, int End, bool Alike)
    {
        public bool IsEmpty => Start == End;
    }

    /// <summary>A member of a record.</summary>
    /// <param name="name">After a comma, before a colon.</param>
    private abstract class Member<TRecord>(byte[] name)
    {
        public byte[] Name => name;

        /// <summary>Writes the contract's name and value, or nothing; and the canonical value, unless it is the same bytes.</summary>
        public abstract Piece Append(JsonForms output, TRecord record, bool first);
    }

    private sealed class Member<TRecord, T>(byte[] name, Func<TRecord, T> get, Write<T> write, bool optional) : Member<TRecord>(name)
    {
        public override Piece Append(JsonForms output, TRecord record, bool first)
        {
            var value = get(record);
            if (optional && value is null) return default;
            output.Contract.Append(Name.AsSpan(first ? 1 : 0));
            var (contract, canonical) = (output.Contract.Length, output.Canonical.Length);
            return write(output, value) ? new(contract, output.Contract.Length, true) : new(canonical, output.Canonical.Length, false);
        }
    }

    private bool Text(JsonForms output, string? text)
    {
        if (text is null) return Null(output);
        if (!text.AsSpan().ContainsAnyExcept(Plain) || !text.AsSpan().ContainsAnyExcept(Known))
        {
            var room = output.Contract.Room(Encoding.UTF8.GetMaxByteCount(text.Length) + 2);
            var length = Encoding.UTF8.GetBytes(text, room[1..]) + 2;
            room[0] = room[length - 1] = (byte)'"';
            output.Contract.Length += length;
            return true;
        }
        output.Contract.Append(JsonSerializer.SerializeToUtf8Bytes(text, contract));
        output.Canonical.Append(CanonicalJson.Write(JsonValue.Create(text)));
        return false;
    }

    /// <summary>Those that neither way of writing escapes.</summary>
    private static IEnumerable<char> Unescaped(char from, char to) =>
        Enumerable.Range(from, to - from + 1).Select(c => (char)c).Where(c => !char.IsControl(c) && JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(c.ToString()).Length == 1);

    private static bool Number(JsonForms output, double number)
    {
        if (Significant.IsCount(number)) return Whole(output, (long)number);
        output.Contract.Length += CanonicalJson.Write(number, 6, output.Contract.Room(CanonicalJson.MaxNumber));
        return true;
    }

    private static bool Whole(JsonForms output, long number)
    {
        number.TryFormat(output.Contract.Room(20), out var written, default, CultureInfo.InvariantCulture);
        output.Contract.Length += written;
        return true;
    }
}
