using System.Collections.Immutable;
using PureHDF;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>BIOM 2.0 and 2.1: a table of features and samples as HDF5, with the matrix by rows and again by columns.</summary>
internal sealed class Biom2Reader : FormatReader
{
    private const string Id = "biom2";

    // What is decompressed may be so many times what is sent.
    private const int Expansion = 4;
    private static readonly string[] Names = ["observation", "sample", "matrix", "metadata", "taxonomy", "ids", "data", "indices", "indptr"];

    public override ImmutableArray<ProfileFormat> Formats { get; } = [new(Id, "BIOM 2.1 (HDF5)",
        "Features with a taxonomy in observation/metadata/taxonomy (or ids that are lineages or taxids), samples, and a sparse matrix; as QIIME 2 exports it.",
        [AbundanceUnit.Reads, AbundanceUnit.EstimatedReads, AbundanceUnit.Fraction, AbundanceUnit.Percent], "amplicon-16s", "\\211HDF…")
    {
        Documentation = "https://biom-format.org/documentation/format_versions/biom-2.1.html",
        Abundance = AbundanceType.Unknown,
        Aggregation = Aggregation.Disjoint,
        Denominator = Denominator.All,
        TellsItsEnd = true,
        ManySamples = true,
    }];

    public override Recognition? Recognise(ProfileContent content) => content.Kind == ContentKind.Hdf5 ? new(Id) : null;

    public override IReadOnlyList<SampleSource> Read(ProfileContent content, string format, ReaderContext context)
    {
        try
        {
            if (!Hdf5Bytes.IsWhole(content.Bytes.Span))
            {
                throw Corrupt("The file is shorter than it says.");
            }

            if (!Hdf5Bytes.HasSoundHeaps(content.Bytes.Span))
            {
                throw Corrupt("A heap of the file says that it holds more than the file.");
            }

            if (!Hdf5Bytes.HasSoundMessages(content.Bytes.Span))
            {
                throw Corrupt("A fill value or an attribute of the file is larger than the file.");
            }

            if (Hdf5Bytes.HasLinks(content.Bytes.Span, Names))
            {
                throw Corrupt("The file has links to other places.");
            }

            using var stream = new Hdf5Bytes(content.Bytes);
            using var file = H5File.Open(stream, leaveOpen: true);
            var table = Table(new Hdf5Values(file, content.Bytes.Length, Expansion * context.Limits.MaxBytes), context);
            return context.Problems.HasErrors ? [] : FeatureLineages.Sources(table, content, context);
        }
        catch (Hdf5Exception e)
        {
            context.Problems.Refuse(e.Refusal, e.Code, e.Message, e.Hint);
        }
        catch (Exception)
        {
            // The library throws many kinds of exceptions for damaged bytes, also OutOfMemoryException and plain Exception; none says anything to a sender.
            var corrupt = Corrupt("The HDF5 file cannot be read.");
            context.Problems.Refuse(corrupt.Refusal, corrupt.Code, corrupt.Message, corrupt.Hint);
        }

        return [];
    }

    private static FeatureTable Table(Hdf5Values file, ReaderContext context)
    {
        var problems = context.Problems;
        var table = new FeatureTable(Id, context);
        if (!file.HasAttribute("shape") && !file.HasAttribute("format-version") && !file.Exists("observation"))
        {
            throw new Hdf5Exception(ProfileRefusal.OtherContent, "hdf5-not-biom", "This is HDF5, but no BIOM.", "Export the table as BIOM.");
        }

        long[] version = file.Attribute("format-version") ?? throw Structure("format-version");
        long[] shape = file.Attribute("shape") ?? throw Structure("shape");
        if (version is not [2, 0 or 1])
        {
            throw new Hdf5Exception(ProfileRefusal.Meaning, "biom-version", "The format-version is not 2.0 or 2.1.", "Convert it with biom convert.");
        }

        if (shape is not [>= 0 and var rows, >= 0 and var columns])
        {
            throw new Hdf5Exception(ProfileRefusal.Meaning, "biom-shape", "The shape is not two whole numbers.", "Was the file edited?");
        }

        if (rows > context.Limits.MaxLines || columns > context.Limits.MaxSamples)
        {
            bool many = columns > context.Limits.MaxSamples;
            throw new Hdf5Exception(ProfileRefusal.TooLarge, many ? "too-many-samples" : "too-many-taxa", $"The table is {rows} × {columns}.", "Send the samples in several tables.");
        }

        file.Expect("observation/ids", rows);
        file.Expect("sample/ids", columns);
        string[] features = file.Texts("observation/ids");
        string[] samples = file.Texts("sample/ids");
        SampleNames.AddTo(table.Table, samples, _ => (null, null, null), context);
        string[] lineages = Lineages(file, features.Length, context.Limits.MaxDepth);
        for (int i = 0; i < features.Length; i++)
        {
            table.Add(new Feature(features[i], lineages.Length == 0 || lineages[i].Length == 0 ? null : lineages[i], 0));
        }

        var matrix = BiomMatrix.Read(file, "observation", features.Length, samples.Length, context.Limits);
        if (file.Attribute("nnz") is not [var stated] || stated != matrix.Values.Length)
        {
            problems.Warning("biom-nnz", $"The file has {matrix.Values.Length} values and states another number (nnz).", "The values were read.");
        }

        if (!problems.HasErrors && matrix.Check(problems) && !matrix.IsTransposed(BiomMatrix.Read(file, "sample", samples.Length, features.Length, context.Limits)))
        {
            throw new Hdf5Exception(ProfileRefusal.Meaning, "biom-csr-csc-mismatch", "The matrix by observations is not the matrix by samples.", "Was the file edited, or damaged?");
        }

        if (!problems.HasErrors)
        {
            matrix.AddTo(table);
        }

        return table;
    }

    // One text or one row of levels for each feature.
    private static string[] Lineages(Hdf5Values file, int features, int maxLevels)
    {
        const string Path = "observation/metadata/taxonomy";
        if (!file.Exists("observation/metadata") || !file.Exists(Path))
        {
            return [];
        }

        file.Expect(Path, features, maxLevels);
        string[] texts = file.Texts(Path);
        int levels = features == 0 ? 0 : texts.Length / features;
        return levels == 0 ? [] : [.. Enumerable.Range(0, features).Select(i => string.Join("; ", texts.AsSpan(i * levels, levels)).TrimEnd(' ', ';'))];
    }

    private static Hdf5Exception Structure(string attribute) =>
        new(ProfileRefusal.Meaning, "biom-structure", $"The attribute {attribute} is missing.", "See https://biom-format.org/documentation/format_versions/biom-2.1.html.");

    private static Hdf5Exception Corrupt(string message) => new(ProfileRefusal.Meaning, "hdf5-corrupt", message, "Was the file sent completely, and as binary?");
}
