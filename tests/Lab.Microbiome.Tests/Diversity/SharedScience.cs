namespace Lab.Microbiome.Tests.Diversity;

/// <summary>Finds the science tables that lie beside a development checkout and are not part of the repository.</summary>
internal static class SharedScience
{
    public static string? Find(string file)
    {
        var roots = new List<string>();
        if (Environment.GetEnvironmentVariable("LAB_SHARED") is { Length: > 0 } named) roots.Add(named);
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            roots.Add(Path.Combine(folder.FullName, "shared"));
        return roots.Where(root => Directory.Exists(Path.Combine(root, "fixtures")))
            .Select(root => Path.Combine(root, "data", "science", file)).FirstOrDefault(File.Exists);
    }
}
