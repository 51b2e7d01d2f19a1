namespace Lab.Microbiome.Diversity;

/// <summary>Functions that .NET lacks, or has in a form that loses digits.</summary>
internal static class SpecialFunctions
{
    /// <summary>ln(1 + x), x above -1. double.LogP1 is Log(1 + x) and loses small x; this is Kahan's correction of it.</summary>
    public static double LogOnePlus(double x)
    {
        var onePlus = 1 + x;
        return onePlus == 1 ? x : Math.Log(onePlus) * (x / (onePlus - 1));
    }

    /// <summary>e^x - 1, by Kahan's correction as well.</summary>
    public static double ExpMinusOne(double x)
    {
        var power = Math.Exp(x);
        if (power == 1) return x;
        return power - 1 == -1 || double.IsInfinity(power) ? power - 1 : (power - 1) * (x / Math.Log(power));
    }

    /// <summary>ln Γ(z+1) less Stirling's formula for it, z above 0.</summary>
    public static double StirlingError(double z)
    {
        var sum = 0.0;
        for (; z < 16; z++) sum += (z + 0.5) * Math.Log((z + 1) / z) - 1;
        var square = z * z;
        return sum + (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square) / square) / square) / z;
    }

    /// <summary>z ln(z/m) + m - z, by a series where z is near m.</summary>
    public static double Deviance(double z, double m)
    {
        if (Math.Abs(z - m) >= 0.1 * (z + m)) return z * Math.Log(z / m) + m - z;
        var v = (z - m) / (z + m);
        var sum = (z - m) * v;
        var term = 2 * z * v;
        for (var k = 3; ; k += 2)
        {
            term *= v * v;
            var next = sum + term / k;
            if (next == sum) return sum;
            sum = next;
        }
    }

    /// <summary>The digamma function ψ(x), x above 0: recurrence up to 16, then the asymptotic series (DLMF 5.11.2).</summary>
    public static double Digamma(double x)
    {
        var sum = new CompensatedSum();
        for (; x < 16; x++) sum.Add(-1 / x);
        var square = x * x;
        sum.Add(-(1.0 / 12 - (1.0 / 120 - (1.0 / 252 - (1.0 / 240 - 1.0 / 132 / square) / square) / square) / square) / square);
        sum.Add(-0.5 / x);
        sum.Add(Math.Log(x));
        return sum.Value;
    }

    /// <summary>e^z E1(z), the exponential integral scaled, z above 0: the series DLMF 6.6.2 up to 1, the continued fraction 6.9.1 above.</summary>
    public static double ScaledExponentialIntegral(double z)
    {
        if (z <= 1)
        {
            var (sum, term) = (-Math.Log(z) - 0.577215664901532860607, 1.0);
            for (var k = 1; k < 24; k++)
            {
                term *= -z / k;
                sum -= term / k;
            }
            return sum * Math.Exp(z);
        }
        var b = z + 1;
        var c = double.PositiveInfinity;
        var d = 1 / b;
        var value = d;
        for (var k = 1; k < 1000; k++)
        {
            var a = -(double)k * k;
            b += 2;
            d = 1 / (a * d + b);
            c = b + a / c;
            value *= c * d;
            if (Math.Abs(c * d - 1) < 1e-16) break;
        }
        return value;
    }
}
