using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>sylph's own table: a row for each genome found in a sample. It names no taxon; the title of the genome's first contig does, mostly.</summary>
internal sealed partial class SylphReader : FormatReader
{
    private const string Id = "sylph";
    private static readonly string[] Needed = ["Sample_file", "Genome_file", "Taxonomic_abundance"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "sylph profile",
        "Tab-separated: sample file, genome file, taxonomic and sequence abundance in percent, …, contig name. The taxonomic abundance is read.",
        [AbundanceUnit.Percent], "shotgun-sylph", "s1.fq\tGCF_000025985.1.fna.gz\t2.0284\t18.3763\t98.26")
    {
        Documentation = "https://github.com/bluenote-1577/sylph/wiki/Output-format",
        Abundance = AbundanceType.Taxonomic,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.Classified,
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content) =>
        content.Lines is [var first, ..] && first.Text.StartsWith("Sample_file\tGenome_file\t", StringComparison.Ordinal) ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        var (lines, problems) = (content.Lines, context.Problems);
        string[] titles = lines[0].Text.TrimEnd().Split('\t');
        int value = Array.IndexOf(titles, "Taxonomic_abundance");
        int contig = Array.IndexOf(titles, "Contig_name");
        if (!Needed.All(titles.Contains))
        {
            problems.Error("header-unknown", "The header has no Taxonomic_abundance.", "Send the table of sylph profile, not of sylph query.", lines[0].Number);
            return [];
        }

        if (lines.Count == 1)
        {
            problems.Error("no-data-rows", "There is a header and nothing else.", "Was no genome found?", lines[0].Number + 1);
            return [];
        }

        var table = new AbundanceTable { Format = Id, Unit = AbundanceUnit.Percent, Aggregation = Aggregation.Disjoint };
        var samples = SampleNames.AddFiles(table, lines.Skip(1).Select(l => l.Text.Split('\t')[0]), context);
        bool named = false;
        foreach (var line in lines.Skip(1).TakeWhile(_ => samples.Count > 0 && !problems.Truncated))
        {
            string[] cells = line.Text.Split('\t');
            if (cells.Length != titles.Length)
            {
                problems.Error("column-count", $"{cells.Length} columns instead of {titles.Length}.", "Columns are separated by tabs; was the file cut?", line.Number, cells.Length);
                continue;
            }

            string title = contig < 0 ? cells[1] : cells[contig];
            string? name = NameIn(title);
            named |= name is not null;
            var sample = samples[cells[0]];
            if (Numbers.Decimal(cells[value], line.Number, value + 1, sample.Problems) is { } percent && TaxonNames.Check(name ?? "", line.Number, contig + 1, problems))
            {
                string submitted = title.Length > 512 ? title[..512] : title;
                sample.Add(table.Collapse(new TableTaxon(submitted, null, name ?? submitted, TaxonomicRank.Species, line.Number) { Key = $"{cells[1]}\t{title}" }), percent);
            }
        }

        if (!named && !problems.HasErrors)
        {
            problems.Error("taxonomy-missing", "No genome's title names an organism.", "Send what sylph-tax taxprof makes of this table.", lines[1].Number, contig + 1);
        }

        return table.Sources();
    }

    // "NZ_JHVK01000001.1 Microvirgula aerodenitrificans DSM 15089 …", "MAG: Clostridiales bacterium isolate …", and IMG/VR's viruses.
    private static string? NameIn(string title) => title.StartsWith("IMGVR_", StringComparison.Ordinal) ? $"d__Viruses;s__{title.Split('|')[0]}"
        : Title().Match(title) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex(@"^\S+ (?:[A-Z_a-z]+: )?(?:uncultured |Candidatus )?(\[?[A-Z][a-z]{2,}\]? (?:sp\. \S+|[a-z][a-z-]+))", RegexOptions.CultureInvariant)]
    private static partial Regex Title();
}
