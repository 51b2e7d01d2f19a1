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

    private delegate void Write<in T>(Forms output, T value);

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
    /// <returns>Their two forms.</returns>
    public (ReadOnlyMemory<byte> Contract, ReadOnlyMemory<byte> Canonical) Of(ReportContent content)
    {
        var forms = new Forms();
        Append(this.content, forms, content);
        return (forms.Contract.Written, forms.Canonical.Written);
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
            else output.Append("null"u8);
        };
    }

    private Write<ImmutableArray<T>> Items<T>()
    {
        var item = For<T>();
        return (output, values) =>
        {
            output.Append("["u8);
            for (var i = 0; i < values.Length; i++)
            {
                if (i > 0) output.Append(","u8);
                item(output, values[i]);
            }
            output.Append("]"u8);
        };
    }

    private Write<T> Record<T>()
    {
        var members = Members<T>();
        return (output, record) =>
        {
            if (record is null)
            {
                output.Append("null"u8);
                return;
            }
            output.Append("{"u8);
            Append(members, output, record);
            output.Append("}"u8);
        };
    }

    /// <param name="All">In the order of the contract.</param>
    /// <param name="Sorted">Their places in the order of RFC 8785.</param>
    private sealed record RecordMembers<T>(Write<T>[] All, int[] Sorted);

    private RecordMembers<T> Members<T>()
    {
        var properties = contract.GetTypeInfo(typeof(T)).Properties.Where(p => p.Get is not null).ToArray();
        return new([.. properties.Select(p => (Write<T>)Made(nameof(Member), [typeof(T), p.PropertyType], p))],
            [.. Enumerable.Range(0, properties.Length).OrderBy(i => properties[i].Name, StringComparer.Ordinal)]);
    }

    private static void Append<T>(RecordMembers<T> members, Forms output, T record)
    {
        var (first, start) = (true, output.Canonical.Length);
        Span<int> ends = stackalloc int[members.All.Length];
        for (var i = 0; i < members.All.Length; i++)
        {
            var before = output.Contract.Length;
            if (!first) output.Contract.Append(","u8);
            var named = output.Contract.Length;
            members.All[i](output, record);
            if (output.Contract.Length == named) output.Contract.Length = before;
            else first = false;
            ends[i] = output.Canonical.Length;
        }
        output.Sort(start, ends, members.Sorted);
    }

    /// <summary>Writes the name and the value, or nothing.</summary>
    private Write<TRecord> Member<TRecord, T>(JsonPropertyInfo property)
    {
        var declared = (PropertyInfo)property.AttributeProvider!;
        var get = declared.GetMethod!.CreateDelegate<Func<TRecord, T>>();
        var optional = declared.GetCustomAttribute<JsonIgnoreAttribute>()?.Condition == JsonIgnoreCondition.WhenWritingNull;
        var name = Encoding.UTF8.GetBytes($"\"{JsonEncodedText.Encode(property.Name)}\":");
        var write = For<T>();
        return (output, record) =>
        {
            var value = get(record);
            if (optional && value is null) return;
            output.Append(name);
            write(output, value);
        };
    }

    private void Text(Forms output, string? text)
    {
        if (text is null)
        {
            output.Append("null"u8);
        }
        else if (!text.AsSpan().ContainsAnyExcept(Plain) || !text.AsSpan().ContainsAnyExcept(Known))
        {
            var room = output.Contract.Room(Encoding.UTF8.GetMaxByteCount(text.Length) + 2);
            var length = Encoding.UTF8.GetBytes(text, room[1..]) + 2;
            room[0] = room[length - 1] = (byte)'"';
            output.Take(room[..length]);
        }
        else
        {
            output.Contract.Append(JsonSerializer.SerializeToUtf8Bytes(text, contract));
            output.Canonical.Append(CanonicalJson.Write(JsonValue.Create(text)));
        }
    }

    /// <summary>Those that neither way of writing escapes.</summary>
    private static IEnumerable<char> Unescaped(char from, char to) =>
        Enumerable.Range(from, to - from + 1).Select(c => (char)c).Where(c => !char.IsControl(c) && JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(c.ToString()).Length == 1);

    private static void Number(Forms output, double number)
    {
        if (Significant.IsCount(number))
        {
            Whole(output, (long)number);
            return;
        }
        var room = output.Contract.Room(CanonicalJson.MaxNumber);
        output.Take(room[..CanonicalJson.Write(number, 6, room)]);
    }

    private static void Whole(Forms output, long number)
    {
        var room = output.Contract.Room(20);
        number.TryFormat(room, out var written, default, CultureInfo.InvariantCulture);
        output.Take(room[..written]);
    }

    /// <summary>Bytes that grow.</summary>
    private sealed class Bytes
    {
        /// <summary>What most contents do not exceed.</summary>
        private const int Usual = 64 * 1024;

        private byte[] all = new byte[Usual];

        public int Length { get; set; }
        public ReadOnlyMemory<byte> Written => all.AsMemory(0, Length);

        /// <summary>Room for so many after what is written.</summary>
        public Span<byte> Room(int length)
        {
            if (all.Length - Length < length) Array.Resize(ref all, Math.Max(2 * all.Length, Length + length));
            return all.AsSpan(Length);
        }

        public void Append(ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(Room(bytes.Length));
            Length += bytes.Length;
        }
    }

    private sealed class Forms
    {
        private readonly Bytes turned = new();

        public Bytes Contract { get; } = new();
        public Bytes Canonical { get; } = new();

        public void Append(ReadOnlySpan<byte> bytes)
        {
            Contract.Append(bytes);
            Canonical.Append(bytes);
        }

        /// <summary>What was put into the room of the contract's form is its next bytes, and the other's.</summary>
        public void Take(ReadOnlySpan<byte> bytes)
        {
            Contract.Length += bytes.Length;
            Canonical.Append(bytes);
        }

        /// <summary>Puts the members of a record that stand at the end of the canonical form, one after the other, into their order, with commas between.</summary>
        /// <param name="start">Of the first.</param>
        /// <param name="ends">Where each ends.</param>
        /// <param name="order">Which stands where.</param>
        public void Sort(int start, ReadOnlySpan<int> ends, int[] order)
        {
            turned.Length = 0;
            foreach (var i in order)
            {
                var member = Canonical.Written.Span[(i == 0 ? start : ends[i - 1])..ends[i]];
                if (member.IsEmpty) continue;
                if (turned.Length > 0) turned.Append(","u8);
                turned.Append(member);
            }
            Canonical.Length = start;
            Canonical.Append(turned.Written.Span);
        }
    }
}
