namespace Lab.Microbiome.Diversity;

/// <summary>A two-sided 95 % interval, in the unit of the value it stands beside.</summary>
/// <param name="Low">The lower end; never above <paramref name="High"/>.</param>
/// <param name="High">The upper end.</param>
public readonly record struct Interval(double Low, double High);
