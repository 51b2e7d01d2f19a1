using System.Text;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Profiles.Formats;
using Lab.Microbiome.Taxonomy;
using Xunit;

namespace Lab.Microbiome.Tests.Profiles;

/// <summary>The worked example of CONTRIBUTING.md.</summary>
public sealed class CounterReaderTests
{
    [Fact]
    public void A_counter_table_is_read()
    {
        var profile = Read("#counter 1\n853\t4120\n562\t80\n#end 2\n").Profile!;
        Assert.Equal(4200, profile.Everything);
        Assert.Equal("Faecalibacterium prausnitzii", profile.Taxa.Single(t => t.Taxid == 853).Name);
    }

    [Theory]
    [InlineData("#counter 1\n853\t4120\n#end 2\n", "report-incomplete", 3)]
    [InlineData("#counter 1\n853\t4,120\n#end 1\n", "value-not-a-number", 2)]
    [InlineData("#counter 1\n853\t1\n853\t2\n#end 2\n", "duplicate-taxon", 3)]
    [InlineData("#counter 1\n853 1\n#end 1\n", "column-count", 2)]
    public void What_is_wrong_is_named_with_its_line(string table, string code, int line)
    {
        var error = Assert.Single(Read(table).Errors);
        Assert.Equal((code, line), (error.Code, error.Line));
    }

    [Fact]
    public void CONTRIBUTING_shows_this_very_reader()
    {
        string root = Root();
        string reader = File.ReadAllText(Path.Combine(root, "tests", "Lab.Microbiome.Tests", "Profiles", "CounterReader.cs"));
        Assert.Contains(reader[reader.IndexOf("internal sealed class", StringComparison.Ordinal)..].TrimEnd(), File.ReadAllText(Path.Combine(root, "CONTRIBUTING.md")), StringComparison.Ordinal);
    }

    private static ProfileReading Read(string text)
    {
        var problems = new ProblemList(100);
        var context = new ReaderContext(new ProfileReadingOptions(), TaxonomyRelease.Shipped, new ProfileLimits(), problems);
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        var content = new ProfileContent(ContentKind.Text, bytes, TextContent.Lines(bytes, context.Limits, problems), null, null);
        var reader = new CounterReader();
        Assert.Equal("counter", reader.Recognise(content)?.Format);
        var source = Assert.Single(reader.Read(content, "counter", context));
        return problems.HasErrors || source.Build(context) is not { } profile ? problems.Refused("counter") : problems.Accepted(profile);
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Lab.sln")))
        {
            folder = folder.Parent;
        }

        return folder.FullName;
    }
}
