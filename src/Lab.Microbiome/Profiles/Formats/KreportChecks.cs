namespace Lab.Microbiome.Profiles.Formats;

/// <summary>The invariants of a kreport, with the tolerances that whole files of Kraken 2, Kraken 1, Centrifuge and Bracken keep.</summary>
internal static class KreportChecks
{
    private const double SumTolerance = 0.001;
    private const double PercentTolerance = 0.1;

    /// <summary>Notes what does not add up; true when the file is incomplete and that was allowed.</summary>
    public static bool Incomplete(List<KreportRow> rows, KreportTree tree, bool estimated, ReaderContext context)
    {
        WarnAboutParents(rows, tree, context);
        var unclassified = rows.FirstOrDefault(r => r.IsUnclassified);
        bool headless = tree.RootClade is null && unclassified is null;
        bool converted = headless && rows.Any(r => r.PercentText.Trim().Length - r.PercentText.Trim().IndexOf('.', StringComparison.Ordinal) != 3);
        long classified = headless ? tree.Direct : tree.RootClade ?? tree.TopClades;
        long total = (unclassified?.Clade ?? 0) + classified;
        var wrong = rows.FirstOrDefault(r => total > 0 && Math.Abs(r.Percent - (100.0 * r.Clade / total)) > PercentTolerance);
        if (headless && converted)
        {
            context.Problems.Warning("root-missing", "Neither a root nor an unclassified row: shares of everything are not known.",
                "Send the report of the classifier itself.");
            if (wrong is not null)
            {
                context.Problems.Warning("percent-mismatch", "Percentages and reads do not agree; the reads were taken.",
                    "Send the report of the classifier itself.", wrong.Line, 1);
            }

            return false;
        }

        bool cut = !AddsUp(tree.Direct, classified) && !(estimated && tree.Direct == 0);
        if (!cut && wrong is null)
        {
            // A report that stops after the unclassified reads, nearly all of them, looks like one of nothing else.
            if (estimated || rows.All(r => r.IsUnclassified))
            {
                context.Problems.EndNotTold(rows[^1].Line);
            }
            else if (tree.Direct != classified)
            {
                context.Problems.Warning("report-incomplete", $"The direct reads of the taxa sum to {tree.Direct}, the report says {classified}: rows are missing.",
                    "Was the file written completely?");
            }

            return false;
        }

        int? line = cut ? null : wrong?.Line;
        string message = cut ? $"The direct reads of the taxa sum to {tree.Direct}, the report says {classified}: rows were cut or filtered."
            : "A percentage is not the row's share of the reads: rows were cut.";
        const string Hint = "Send the whole report, or add allowIncomplete=true.";
        if (context.Options.AllowIncomplete)
        {
            context.Problems.Warning("report-incomplete", message, Hint, line, line is null ? null : 1);
        }
        else
        {
            context.Problems.Error("report-incomplete", message, Hint, line, line is null ? null : 1);
        }

        return true;
    }

    /// <summary>Whether the direct reads make up the clade, but for Bracken's rounding.</summary>
    public static bool AddsUp(long direct, long clade) => Math.Abs(direct - clade) <= SumTolerance * clade;

    private static void WarnAboutParents(List<KreportRow> rows, KreportTree tree, ReaderContext context)
    {
        double[] below = new double[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            if (tree.Parents[i] >= 0)
            {
                below[tree.Parents[i]] += rows[i].Clade;
            }
        }

        for (int i = 0; i < rows.Count; i++)
        {
            if (below[i] > rows[i].Clade || (!rows[i].IsUnclassified && rows[i].Direct > rows[i].Clade))
            {
                context.Problems.Warning("parent-below-children", "The rows below hold more reads than the row itself.", "Each row's own number was kept.",
                    rows[i].Line, 2);
                return;
            }
        }
    }
}
