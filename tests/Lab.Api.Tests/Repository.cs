namespace Lab.Api.Tests;

/// <summary>The repository that the tests were built from.</summary>
public static class Repository
{
    public static string Root { get; } = Locate();

    private static string Locate()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Lab.sln"))) return directory.FullName;
        }
        throw new InvalidOperationException("Lab.sln is not above the tests.");
    }
}
