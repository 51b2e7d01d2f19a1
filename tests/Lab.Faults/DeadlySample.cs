using System.Diagnostics;
using System.Globalization;

namespace Lab.Faults;

/// <summary>A sample that takes every process with it that works on it, among others that are whole.</summary>
internal static class DeadlySample
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);

    public static async Task RunAsync(Laboratory laboratory, Random random, double seconds)
    {
        var accession = string.Create(CultureInfo.InvariantCulture, $"DEADLY-{random.Next():X8}");
        // Its report takes so long that whoever works on it is killed before it is published. Which worker that is nobody knows, so all are.
        await laboratory.ExecuteAsync($"""
            CREATE FUNCTION public.deadly() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
                IF EXISTS (SELECT FROM lab.sample WHERE id = NEW.sample_id AND accession = '{accession}') THEN PERFORM pg_sleep(5); END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER deadly BEFORE INSERT ON lab.report FOR EACH ROW EXECUTE FUNCTION public.deadly()
            """);
        await laboratory.UploadAsync(accession);

        var (killed, kills, waited) = ("", 0, Stopwatch.StartNew());
        for (; await StateAsync() is var state && state != "failed crashed-the-worker"; await Task.Delay(20))
        {
            if (waited.Elapsed > Patience || state.StartsWith("succeeded", StringComparison.Ordinal)) throw new InvalidOperationException($"After {kills} kills the sample is {state}.");
            // A lease that nobody holds any more stands until it ends.
            if (!state.StartsWith("running", StringComparison.Ordinal) || state == killed) continue;
            await Task.WhenAll(laboratory.Workers.Select(worker => worker.KillAsync()));
            await Task.WhenAll(laboratory.Workers.Select(worker => worker.StartAsync()));
            (killed, kills) = (state, kills + 1);
        }
        await laboratory.ExecuteAsync("DROP TRIGGER deadly ON lab.report; DROP FUNCTION public.deadly()");
        var crashes = await laboratory.ScalarAsync<int>($"SELECT a.crashes FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE s.accession = '{accession}'");
        if (crashes != 3) throw new InvalidOperationException($"The sample was given up after {crashes} crashes alone.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"         crashed-the-worker after {kills} kills of all workers, {crashes} of them while it was alone, {waited.Elapsed.TotalSeconds:0} s"));

        // Who claims it after its third crash does not compute it, so nobody dies of it.
        async Task<string> StateAsync() => await laboratory.ScalarAsync<string>($"SELECT concat_ws(' ', CASE WHEN a.status = 'running' AND a.crashes >= 3 THEN 'closing' ELSE a.status END, a.lease_token, a.error) FROM lab.analysis a JOIN lab.sample s ON s.id = a.sample_id WHERE s.accession = '{accession}'");
    }
}
