using System.Diagnostics;

namespace Lab.Benchmarks;

/// <summary>Seconds of one thread. The shortest of many rounds: what else the machine does only ever adds.</summary>
internal static class Timing
{
    private const double RoundSeconds = 0.005, Seconds = 3;

    /// <summary>Rounds of at least five thousandths of a second, for three seconds after as long a warm-up.</summary>
    public static double Shortest(Action once)
    {
        var start = Stopwatch.GetTimestamp();
        for (var warm = 0; Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds; warm++) once();
        var best = double.PositiveInfinity;
        start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < Seconds)
        {
            var (round, calls) = (Stopwatch.GetTimestamp(), 0);
            double passed;
            do
            {
                once();
                calls++;
                passed = Stopwatch.GetElapsedTime(round).TotalSeconds;
            }
            while (passed < RoundSeconds);
            best = Math.Min(best, passed / calls);
        }
        return best;
    }
}
