using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lab.Api.Reports;
using Xunit;

namespace Lab.Api.Tests.Reports;

public sealed class ReportCsvTests(ReportCorpus corpus) : IClassFixture<ReportCorpus>
{
    private static readonly string[] Columns = ["rank", "taxid", "name", "formerName", "fraction", "ci95Low", "ci95High", "reads", "percentile", "p5", "p50", "p95", "status", "reason"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Fifty_tables_read_back_are_the_whole_table_of_the_report_in_every_digit()
    {
        using var http = corpus.Host.Http();
        foreach (var report in corpus.Reports)
        {
            var rows = Parse(Encoding.UTF8.GetString(await corpus.ReadAsync(report.Id, "text/csv")));
            var taxa = JsonNode.Parse(await http.GetStringAsync($"v1/reports/{report.Id}/taxa", Ct))!["items"]!.AsArray();
            Assert.Equal(Columns, rows[0]);
            Assert.Equal(taxa.Count, rows.Count - 1);
            foreach (var (row, taxon) in rows.Skip(1).Zip(taxa))
            {
                var reference = taxon!["reference"];
                Assert.Equal(new[] { taxon["rank"], taxon["name"], taxon["formerName"], taxon["status"], taxon["reason"] }.Select(text => (string?)text ?? ""),
                    new[] { row[0], row[2], row[3], row[12], row[13] }.Select(cell => cell.Length > 1 && cell[0] == '\'' && "=+-@".Contains(cell[1], StringComparison.Ordinal) ? cell[1..] : cell));
                Assert.Equal(new[] { taxon["taxid"], taxon["fraction"], taxon["ci95"]?[0], taxon["ci95"]?[1], taxon["reads"], reference?["percentile"], reference?["p5"], reference?["p50"], reference?["p95"] }
                    .Select(number => (double?)number), new[] { row[1] }.Concat(row[4..12]).Select(cell => cell.Length == 0 ? (double?)null : double.Parse(cell, CultureInfo.InvariantCulture)));
            }
        }
    }

    [Fact]
    public async Task No_cell_is_a_formula()
    {
        var hostile = corpus.Reports.Single(r => r.Name == "HOSTILE-READS");
        var rows = Parse(Encoding.UTF8.GetString(await corpus.ReadAsync(hostile.Id, "text/csv")));
        Assert.DoesNotContain(rows.Skip(1).SelectMany(row => row), cell => cell.Length > 0 && "=+-@\t\r".Contains(cell[0], StringComparison.Ordinal) && !double.TryParse(cell, CultureInfo.InvariantCulture, out _));
        foreach (var name in new[] { "'=HYPERLINK(\"http://x\",\"y\")g", "'+1+1g", "'-2+3g", "'@SUM(A1)g" }) Assert.Contains(rows, row => row[2] == name);
    }

    [Theory]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("+1", "'+1")]
    [InlineData("-1", "'-1")]
    [InlineData("@x", "'@x")]
    [InlineData("\tx", "'\tx")]
    [InlineData("\rx", "\"'\rx\"")]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"x\"", "\"say \"\"x\"\"\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("a=1", "a=1")]
    [InlineData("Escherichia coli", "Escherichia coli")]
    public void A_name_is_quoted_where_it_must_be_and_is_never_a_formula(string name, string cell) =>
        Assert.EndsWith($"\r\ngenus,,{cell},,0.00001,,,1e-7,,,,,not-assessable,no-matching-cohort\r\n", Encoding.UTF8.GetString(ReportCsv.Write(
            [new TableTaxon("genus", null, name, null, 0.00001, null, 1e-7, null, "not-assessable", "no-matching-cohort")])), StringComparison.Ordinal);

    [Theory]
    [InlineData("LIMS-2026.001_x", "LIMS-2026.001_x.csv")]
    [InlineData("A:1", "A_1.csv")]
    public void The_name_of_the_file_is_the_accession_as_every_system_takes_it(string accession, string file) => Assert.Equal(file, ReportCsv.FileName(accession));

    /// <summary>RFC 4180, strictly: CRLF ends a row, quotes stand around the whole cell or nowhere.</summary>
    private static List<string[]> Parse(string text)
    {
        var (rows, row, at) = (new List<string[]>(), new List<string>(), 0);
        while (at < text.Length)
        {
            var cell = new StringBuilder();
            if (text[at] == '"')
            {
                for (at++; text[at] != '"' || (at + 1 < text.Length && text[at + 1] == '"'); at += text[at] == '"' ? 2 : 1) cell.Append(text[at]);
                at++;
            }
            else
            {
                for (; text[at] is not (',' or '\r'); at++) cell.Append(text[at] is '"' or '\n' ? throw new JsonException($"{text[at]} at {at}") : text[at]);
            }
            row.Add(cell.ToString());
            if (text[at++] == ',') continue;
            Assert.Equal("\r\n", text[(at - 1)..(at + 1)]);
            at++;
            rows.Add([.. row]);
            row.Clear();
        }
        return rows;
    }
}
