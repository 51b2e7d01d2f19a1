namespace Lab.Microbiome.Diversity;

/// <summary>Neumaier's compensated sum (doi:10.1002/zamm.19740540106), term by term in the order of the calls: a vectorised reduction would
/// add in an order that depends on the processor.</summary>
internal struct CompensatedSum
{
    private double _sum;
    private double _lost;

    /// <summary>The sum so far.</summary>
    public readonly double Value => _sum + _lost;

    /// <summary>Adds a finite term.</summary>
    public void Add(double term)
    {
        var sum = _sum + term;
        _lost += Math.Abs(_sum) >= Math.Abs(term) ? _sum - sum + term : term - sum + _sum;
        _sum = sum;
    }
}
