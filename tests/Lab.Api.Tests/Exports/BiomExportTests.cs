using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Lab.Api.Tests.Exports;

/// <summary>What others make of a BIOM export: Debian's biom-format reads it back, equal to the JSON and to the reports; and Lab itself takes it as an upload.</summary>
public sealed class BiomExportTests(LabHost host) : IClassFixture<LabHost>
{
    private const string Reader = """
        import json, sys
        try:
            import biom
        except ImportError as missing:
            print("missing: %s" % missing); sys.exit(0)
        table = biom.parse.parse_biom_table(sys.stdin.read())
        rows = [{"id": str(i), "taxonomy": list(m["taxonomy"]), "name": m["name"]} for _, i, m in table.iter(axis="observation")]
        columns = [{"id": str(i), "report": m["report"]} for _, i, m in table.iter()]
        data = table.matrix_data.tocoo()
        cells = sorted([int(r), int(c), float(v)] for r, c, v in zip(data.row, data.col, data.data) if v != 0)
        print(json.dumps({"shape": list(table.shape), "type": table.type, "rows": rows, "columns": columns, "cells": cells}))
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("fraction")]
    [InlineData("reads")]
    public async Task Biom_format_reads_back_what_was_exported(string unit)
    {
        var lab = await host.ClientForAsync($"biom-{unit}", "samples:write", "profiles:write", "reports:read");
        await ExportFixture.UploadAsync(lab, ExportFixture.Lines($"BIOM-{unit}", 20));
        var (export, text) = await lab.ExportAsync(new() { Format = "biom", Filter = new() { Assay = ExportFixture.Assay }, Unit = unit });
        var written = JsonNode.Parse(text)!;
        var read = JsonNode.Parse(await ReadBackAsync(text))!;
        Assert.Equal((written["shape"]!.ToJsonString(), "Taxon table", 20L, export.Content!.Taxa), (read["shape"]!.ToJsonString(), (string)read["type"]!, (long)read["shape"]![1]!, (long?)read["shape"]![0]));
        Assert.Equal(written["rows"]!.AsArray().Select(r => $"{r!["id"]} {r["metadata"]!["taxonomy"]!.ToJsonString()} {r["metadata"]!["name"]}"), read["rows"]!.AsArray().Select(r => $"{r!["id"]} {r["taxonomy"]!.ToJsonString()} {r["name"]}"));
        Assert.Equal(written["columns"]!.AsArray().Select(c => $"{c!["id"]} {c["metadata"]!["report"]}"), read["columns"]!.AsArray().Select(c => $"{c!["id"]} {c["report"]}"));
        Assert.Equal(Cells(written["data"]!).Order(), Cells(read["cells"]!));
        var rows = written["rows"]!.AsArray().Select(r => (string)r!["id"]!).ToArray();
        foreach (var (column, place) in written["columns"]!.AsArray().Select((c, i) => (c!, i)))
        {
            var taxa = (await lab.GetReportTaxaAsync((Guid)column["metadata"]!["report"]!, Ct)).Where(t => t is { Rank: "species", Fraction: > 0 }).ToDictionary(t => $"{t.Taxid}", t => unit == "reads" ? t.Reads!.Value : t.Fraction);
            Assert.Equal(taxa.OrderBy(t => t.Key, StringComparer.Ordinal), Cells(read["cells"]!).Where(c => c.Column == place).Select(c => KeyValuePair.Create(rows[c.Row], c.Value)).OrderBy(t => t.Key, StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Lab_takes_its_own_export_as_an_upload()
    {
        var lab = await host.ClientForAsync("biom-again", "samples:write", "profiles:write", "reports:read");
        await ExportFixture.UploadAsync(lab, ExportFixture.Lines("AGAIN", 3));
        var (_, text) = await lab.ExportAsync(new() { Format = "biom", Filter = new() { Assay = ExportFixture.Assay }, Unit = "reads" });
        using var content = new StringContent(text, Encoding.UTF8, "application/json");
        var validation = await lab.ValidateProfileAsync(content, new() { Assay = ExportFixture.Assay }, Ct);
        Assert.Equal((true, "biom1"), (validation.Valid, validation.Format));
        Assert.Equal(["AGAIN-00000", "AGAIN-00001", "AGAIN-00002"], validation.Samples.Select(s => s.Accession).Order());
    }

    private static IEnumerable<(int Row, int Column, double Value)> Cells(JsonNode triples) => triples.AsArray().Select(t => ((int)t![0]!, (int)t[1]!, t[2]!.GetValue<JsonElement>().GetDouble()));

    private static async Task<string> ReadBackAsync(string biom)
    {
        // Debian's, whatever else is called python3.
        var python = File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : "python3";
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo(python, ["-c", Reader]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardInputEncoding = new UTF8Encoding(false) });
        }
        catch (Win32Exception)
        {
            Assert.Skip($"{python} is not installed");
        }
        using (process)
        {
            var (output, errors) = (process!.StandardOutput.ReadToEndAsync(Ct), process.StandardError.ReadToEndAsync(Ct));
            try
            {
                await process.StandardInput.WriteAsync(biom);
                process.StandardInput.Close();
            }
            catch (IOException)
            {
                // It ended before it read everything: its output says why.
            }
            await process.WaitForExitAsync(Ct);
            var text = await output;
            Assert.SkipWhen(text.StartsWith("missing:", StringComparison.Ordinal), $"{python}: {text.Trim()} (Debian: python3-biom-format)");
            Assert.True(process.ExitCode == 0, await errors);
            return text;
        }
    }
}
