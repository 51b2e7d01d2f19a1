using System.Globalization;

namespace Lab.Api.Reports.Page;

/// <summary>Where numbers stand on a drawing, in per cent of its width: from the lowest to the highest of them with room at both ends.</summary>
public readonly record struct Scale
{
    private readonly double from, to;
    private readonly bool logarithmic;

    /// <summary>A scale that holds all numbers; logarithmic where that is asked for and can be, else of shares from 0 on.</summary>
    public Scale(IReadOnlyCollection<double> numbers, bool logarithmic, bool isShare)
    {
        this.logarithmic = logarithmic && numbers.All(n => n > 0);
        var placed = numbers.Select(Placed).ToArray();
        var (low, high) = (placed.Min(), placed.Max());
        var room = high > low ? (high - low) * 0.12 : Math.Max(Math.Abs(high), 1) * 0.1;
        from = isShare && !this.logarithmic ? 0 : low - room;
        to = high + room;
    }

    /// <summary>A place as SVG takes it.</summary>
    public string At(double number) => Text(Place(number));

    /// <summary>A place from the top: the highest number stands highest.</summary>
    public string Up(double number) => Text(100 - Place(number));

    /// <summary>A length as SVG takes it.</summary>
    public string Between(double low, double high) => Text(Math.Max(Place(high) - Place(low), 0.4));

    public static string Text(double percent) => string.Create(CultureInfo.InvariantCulture, $"{percent:0.##}%");

    private double Place(double number) => 100 * (Placed(number) - from) / (to - from);

    private double Placed(double number) => logarithmic ? Math.Log2(number) : number;
}
