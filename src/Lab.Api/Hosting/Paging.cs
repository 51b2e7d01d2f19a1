using System.Buffers.Text;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Lab.Api.Profiles;

namespace Lab.Api.Hosting;

/// <summary>Which page of a list: how many items, and after which one. A cursor is the place of the last item with a check over it, the list, its filters and the
/// reader: changed, or taken from elsewhere, it is a 400. It is no secret and opens nothing, so the check needs no key.</summary>
public sealed class Paging
{
    private const int Default = 50, Most = 200, Check = 8;
    private readonly byte[] list;

    private Paging(byte[] list, int limit, string? after) => (this.list, Limit, After) = (list, limit, after);

    /// <summary>How many items; fetch one more, which tells whether there is a next page.</summary>
    public int Limit { get; }

    /// <summary>The place after which the page begins; null: at the start.</summary>
    public string? After { get; }

    public static Paging Of(HttpContext context, int? limit, string? cursor)
    {
        if (limit is < 1 or > Most) throw new ProblemException(ProblemCodes.BadRequest, $"limit is a number from 1 to {Most}.");
        var filters = context.Request.Query.Where(p => p.Key is not ("limit" or "cursor")).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}");
        var list = Encoding.UTF8.GetBytes(string.Join('\n', filters.Prepend(Caller.Of(context.User).PartnerScope).Prepend(context.Request.Path.ToString().TrimEnd('/').ToLowerInvariant())));
        return new Paging(list, limit ?? Default, string.IsNullOrEmpty(cursor) ? null : Place(cursor, list));
    }

    /// <summary>The page of what was found from <see cref="After"/> on.</summary>
    public Page<T> Page<T>(IReadOnlyList<T> found, Func<T, string> place) => found.Count <= Limit
        ? new Page<T> { Items = found }
        : new Page<T> { Items = [.. found.Take(Limit)], Next = Cursor(Encoding.UTF8.GetBytes(place(found[Limit - 1])), list) };

    /// <summary>The page of a list that is whole in memory, after the item at the place; one that is gone begins the list again.</summary>
    public Page<T> PageOf<T>(IReadOnlyList<T> all, Func<T, string> place)
    {
        var from = After is null ? 0 : all.TakeWhile(item => place(item) != After).Count() + 1;
        return Page([.. all.Skip(from > all.Count ? 0 : from).Take(Limit + 1)], place);
    }

    /// <summary>The id that a place names: whoever can compute the check can make up a place.</summary>
    public static Guid Id(string place) => Guid.TryParseExact(place, "D", out var id) ? id : throw Unknown();

    /// <summary>The number that a place is.</summary>
    public static T Number<T>(string place) where T : struct, IBinaryInteger<T> => T.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Unknown();

    /// <summary>The time and, behind a space, the name that a place is.</summary>
    public static (DateTimeOffset At, string Id) Moment(string place) => place.Split(' ') is [var ticks, var id] && long.TryParse(ticks, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at <= DateTimeOffset.MaxValue.Ticks
        ? (new(at, TimeSpan.Zero), id) : throw Unknown();

    private static ProblemException Unknown() => new(ProblemCodes.BadRequest, "The cursor is not one that this list answered as next, with these filters and to this key.", "Begin again without it.");

    private static string Cursor(byte[] place, byte[] list) => Base64Url.EncodeToString([.. Sum(place, list), .. place]);

    private static string Place(string cursor, byte[] list)
    {
        if (Base64Url.IsValid(cursor) && Base64Url.DecodeFromChars(cursor) is { Length: > Check } decoded)
        {
            var place = decoded[Check..];
            // Compared as text: white space and loose bits at the end would decode alike.
            if (Cursor(place, list) == cursor) return Encoding.UTF8.GetString(place);
        }
        throw Unknown();
    }

    private static byte[] Sum(byte[] place, byte[] list) => SHA256.HashData([.. BitConverter.GetBytes(place.Length), .. place, .. list])[..Check];
}
