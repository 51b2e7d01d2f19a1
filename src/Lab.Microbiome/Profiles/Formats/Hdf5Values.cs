using System.Globalization;
using System.Reflection;
using PureHDF;
using PureHDF.Selections;
using PureHDF.VOL.Native;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>Why an HDF5 file is not read on.</summary>
internal sealed class Hdf5Exception(ProfileRefusal refusal, string code, string message, string hint) : Exception(message)
{
    public ProfileRefusal Refusal { get; } = refusal;

    public string Code { get; } = code;

    public string Hint { get; } = hint;
}

/// <summary>Reads datasets and attributes by the type and size that they declare, within a budget that is taken before anything is allocated.</summary>
internal sealed class Hdf5Values(NativeFile file, long fileLength, long limit)
{
    // Raw data may lie in other files of the machine; the library has no switch against that.
    private static readonly PropertyInfo OtherFiles = typeof(NativeDataset).GetProperty("InternalExternalFileList", BindingFlags.Instance | BindingFlags.NonPublic)
        ?? throw new MissingMemberException(nameof(NativeDataset), "InternalExternalFileList");

    private readonly long budget = limit;
    private long left = limit;

    public bool Exists(string path) => file.LinkExists(path);

    public bool HasAttribute(string name) => file.AttributeExists(name);

    /// <summary>The whole numbers of an attribute of the file; null where it has none.</summary>
    public long[]? Attribute(string name)
    {
        if (!file.AttributeExists(name))
        {
            return null;
        }

        var attribute = file.Attribute(name);
        Take(attribute.Space, attribute.Type);
        return Integers(attribute.Type, name, new AttributeSource(attribute));
    }

    /// <summary>Checks the length of a dataset before it is read: what is declared costs nothing to write.</summary>
    /// <exception cref="Hdf5Exception">There is no such dataset, it lies in another file, it is too large, or of another length.</exception>
    public void Expect(string path, long length, int columns = 1)
    {
        ulong[] dimensions = Dataset(path).Space.Dimensions;
        if (dimensions is not ([_] or [_, _]) || dimensions[0] != (ulong)length || (dimensions.Length == 2 && dimensions[1] > (ulong)columns))
        {
            throw new Hdf5Exception(ProfileRefusal.Meaning, "biom-shape", $"{path} is {string.Join(" × ", dimensions)}, where the shape says {length}.", "Was the file cut, or edited?");
        }
    }

    /// <summary>The first dimension of a dataset.</summary>
    /// <inheritdoc cref="Expect"/>
    public ulong Length(string path) => Dataset(path).Space.Dimensions is [var length, ..] ? length : 0;

    public long[] Integers(string path)
    {
        var dataset = Dataset(path);
        Take(dataset.Space, dataset.Type);
        return Count(dataset.Space) == 0 ? [] : Integers(dataset.Type, path, new DatasetSource(dataset));
    }

    public double[] Numbers(string path)
    {
        var dataset = Dataset(path);
        Take(dataset.Space, dataset.Type);
        return Count(dataset.Space) == 0 ? [] : (dataset.Type.Class, dataset.Type.Size) switch
        {
            (H5DataTypeClass.FloatingPoint, 8) => dataset.Read<double[]>(),
            (H5DataTypeClass.FloatingPoint, 4) => Array.ConvertAll(dataset.Read<float[]>(), n => (double)n),
            (H5DataTypeClass.FixedPoint, _) => Array.ConvertAll(Integers(dataset.Type, path, new DatasetSource(dataset)), n => (double)n),
            _ => throw WrongType(path),
        };
    }

    /// <summary>The texts of a dataset of one or two dimensions, row by row; whole numbers as texts.</summary>
    public string[] Texts(string path)
    {
        var dataset = Dataset(path);
        ulong[] dimensions = dataset.Space.Dimensions;
        Take(dataset.Space, dataset.Type);
        long count = Count(dataset.Space);
        if (count == 0)
        {
            return [];
        }

        if (dataset.Type.Class == H5DataTypeClass.FixedPoint)
        {
            return Array.ConvertAll(Integers(dataset.Type, path, new DatasetSource(dataset)), n => n.ToString(CultureInfo.InvariantCulture));
        }

        if (dataset.Type.Class is not (H5DataTypeClass.String or H5DataTypeClass.VariableLength) || dimensions.Length > 2)
        {
            throw WrongType(path);
        }

        // Any number of texts may be one and the same long text of the file: so many at once as the budget bears.
        ulong columns = dimensions.Length == 2 ? dimensions[1] : 1;
        ulong atOnce = (ulong)Math.Max(16, budget / fileLength) / columns + 1;
        var texts = new List<string>((int)count);
        for (ulong row = 0; row < dimensions[0]; row += atOnce)
        {
            ulong rows = Math.Min(atOnce, dimensions[0] - row);
            var selection = dimensions.Length == 2 ? new HyperslabSelection(2, [row, 0], [rows, columns]) : new HyperslabSelection(row, rows);
            foreach (string? text in dataset.Read<string?[]>(selection, memoryDims: [rows * columns]))
            {
                Take(text?.Length ?? 0);
                texts.Add(text ?? "");
            }
        }

        return [.. texts];
    }

    private NativeDataset Dataset(string path)
    {
        if (!file.LinkExists(path) || file.Get(path) is not NativeDataset dataset)
        {
            throw new Hdf5Exception(ProfileRefusal.Meaning, "biom-structure", $"There is no dataset {path}.", "See https://biom-format.org/documentation/format_versions/biom-2.1.html.");
        }

        if (dataset.Layout.Class == H5DataLayoutClass.VirtualStorage || OtherFiles.GetValue(dataset) is not null)
        {
            throw new Hdf5Exception(ProfileRefusal.Meaning, "hdf5-corrupt", $"The data of {path} lie in another file.", "Repack the file (h5repack).");
        }

        if (dataset.Layout.Class == H5DataLayoutClass.Chunked)
        {
            Take(dataset.Layout.Chunks.Aggregate((double)dataset.Type.Size, (size, n) => size * n), spend: false);
        }

        return dataset;
    }

    private static long[] Integers(IH5DataType type, string name, Source source) => (type.Class, type.Size) switch
    {
        (H5DataTypeClass.FixedPoint, 8) when type.FixedPoint.IsSigned => source.Read<long>(),
        (H5DataTypeClass.FixedPoint, 8) => Array.ConvertAll(source.Read<ulong>(), n => checked((long)n)),
        (H5DataTypeClass.FixedPoint, 4) when type.FixedPoint.IsSigned => Array.ConvertAll(source.Read<int>(), n => (long)n),
        (H5DataTypeClass.FixedPoint, 4) => Array.ConvertAll(source.Read<uint>(), n => (long)n),
        (H5DataTypeClass.FixedPoint, 2) when type.FixedPoint.IsSigned => Array.ConvertAll(source.Read<short>(), n => (long)n),
        (H5DataTypeClass.FixedPoint, 2) => Array.ConvertAll(source.Read<ushort>(), n => (long)n),
        (H5DataTypeClass.FixedPoint, 1) when type.FixedPoint.IsSigned => Array.ConvertAll(source.Read<sbyte>(), n => (long)n),
        (H5DataTypeClass.FixedPoint, 1) => Array.ConvertAll(source.Read<byte>(), n => (long)n),

        // R writes every number as a double.
        (H5DataTypeClass.FloatingPoint, 8) => Array.ConvertAll(source.Read<double>(), n => n == Math.Floor(n) ? checked((long)n) : throw WrongType(name)),
        _ => throw WrongType(name),
    };

    private static Hdf5Exception WrongType(string name) =>
        new(ProfileRefusal.Meaning, "biom-element-type", $"{name} is of another type than BIOM has there.", "See https://biom-format.org/documentation/format_versions/biom-2.1.html.");

    private static long Count(IH5Dataspace space) => space.Type == H5DataspaceType.Simple ? (long)space.Dimensions.Aggregate(1.0, (n, d) => n * d) : space.Type == H5DataspaceType.Scalar ? 1 : 0;

    // In floating point, for no declared size must overflow.
    private void Take(IH5Dataspace space, IH5DataType type) => Take(space.Dimensions.Aggregate((double)Math.Max(type.Size, 8), (size, n) => size * n));

    private void Take(double size, bool spend = true)
    {
        if (!(size <= left))
        {
            throw new Hdf5Exception(ProfileRefusal.TooLarge, "decompressed-too-large", $"Its content has more than {budget} bytes when decompressed.", "Send the samples in several files.");
        }

        left -= spend ? (long)size : 0;
    }

    private abstract class Source
    {
        public abstract T[] Read<T>();
    }

    private sealed class DatasetSource(NativeDataset dataset) : Source
    {
        public override T[] Read<T>() => dataset.Read<T[]>();
    }

    private sealed class AttributeSource(IH5Attribute attribute) : Source
    {
        public override T[] Read<T>() => attribute.Read<T[]>();
    }
}
