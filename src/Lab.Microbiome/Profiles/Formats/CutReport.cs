namespace Lab.Microbiome.Profiles.Formats;

/// <summary>A file that was not written to its end: refused unless the sender allows it.</summary>
internal static class CutReport
{
    public static void Note(AbundanceTable table, string what, ReaderContext context)
    {
        table.Incomplete = context.Options.AllowIncomplete;
        if (table.Incomplete)
        {
            context.Problems.Warning("report-incomplete", what, "It was taken as incomplete.");
        }
        else
        {
            context.Problems.Error("report-incomplete", what, "Send the whole file, or allowIncomplete=true.");
        }
    }
}
