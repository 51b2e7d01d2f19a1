using Lab.Api.Hosting;
using Lab.Microbiome.Profiles;

namespace Lab.Api.Profiles;

/// <summary>What the readers find wrong with an upload. Where an upload has problems of one kind only, that kind is the answer's code.</summary>
public static class ProfileProblemCodes
{
    private static readonly Dictionary<string, string> Titles = new()
    {
        ["archive-not-accepted"] = "An archive is no abundance table",
        ["biom-csr-csc-mismatch"] = "The two copies of the matrix differ",
        ["biom-element-type"] = "The elements of the matrix are of another type",
        ["biom-index"] = "An index of the matrix is out of range",
        ["biom-indptr"] = "The row pointers of the matrix are not in order",
        ["biom-nnz"] = "The stated number of values is not theirs",
        ["biom-shape"] = "The matrix has another shape than stated",
        ["biom-structure"] = "A part of the BIOM file is missing",
        ["biom-version"] = "The version of BIOM is not supported",
        ["bracken-sum-mismatch"] = "Assigned and added reads do not add up to the estimate",
        ["clade-semantics-required"] = "Rows of every rank stand where each read should stand once",
        ["column-count"] = "A line has another number of columns than its format",
        ["column-unknown"] = "A column is neither a taxon nor known",
        ["companion-file-required"] = "The file is one of two that belong together",
        ["compression-unsupported"] = "The compression is not supported",
        ["content-too-large"] = "The content is too large",
        ["control-character"] = "There is a control character in the text",
        ["decompressed-too-large"] = "The content is too large when decompressed",
        ["duplicate-column"] = "Two columns have one name",
        ["duplicate-sample"] = "A sample stands twice",
        ["duplicate-taxon"] = "A taxon stands twice",
        ["empty-file"] = "The file is empty",
        ["encoding-invalid-utf8"] = "The text is not UTF-8",
        ["encoding-unsupported"] = "The text encoding is not supported",
        ["feature-without-taxonomy"] = "A feature has no taxonomy",
        ["format-mismatch"] = "The content is of another format than declared",
        ["format-not-recognised"] = "The format is not recognised",
        ["format-not-supported"] = "The format is known and not read",
        ["format-unknown"] = "There is no format of this name",
        ["fraction-sum"] = "Fractions add up to more than 1",
        ["hdf5-corrupt"] = "The HDF5 file is damaged",
        ["hdf5-not-biom"] = "The HDF5 file is no BIOM",
        ["header-missing"] = "There is no header",
        ["header-unknown"] = "The header is not of the format",
        ["json-invalid"] = "The JSON is malformed",
        ["json-too-deep"] = "The JSON is nested too deeply",
        ["line-too-long"] = "A line is too long",
        ["lineage-mismatch"] = "The ids and the names of a lineage are not one path",
        ["lineage-too-deep"] = "A lineage has too many levels",
        ["member-duplicate"] = "A member stands twice",
        ["member-missing"] = "A required member is missing",
        ["member-unknown"] = "A member is not known",
        ["multi-sample-table"] = "The table has several samples",
        ["name-ambiguous"] = "A name means several taxa",
        ["name-approximate"] = "A name was resolved approximately",
        ["name-suspicious"] = "A name has letters of two scripts",
        ["name-taxid-mismatch"] = "A name belongs to another taxid",
        ["name-unresolved"] = "A name is not in the taxonomy",
        ["no-data-rows"] = "There are no data",
        ["parent-below-children"] = "A clade has less than what is below it",
        ["percent-mismatch"] = "A percentage does not agree with its counts",
        ["rank-sum-below-100"] = "A rank adds up to less than 100 %",
        ["rank-sum-out-of-range"] = "A rank adds up to more than everything",
        ["rank-unknown"] = "A rank is not known",
        ["ranks-mixed"] = "An ancestor and its descendants are both listed with the same reads",
        ["reads-not-accepted"] = "Sequence reads are not accepted",
        ["report-incomplete"] = "The report is cut or incomplete",
        ["root-missing"] = "The report has no root",
        ["sample-id-empty"] = "A sample has no name",
        ["sample-id-invalid"] = "A sample's name is no accession",
        ["taxid-invalid"] = "A taxid is not valid",
        ["taxid-unknown"] = "A taxid is not in the taxonomy",
        ["taxon-unnamed"] = "A taxon has neither name nor taxid",
        ["taxonomy-missing"] = "Nothing says what the taxa are",
        ["too-many-lines"] = "There are too many lines",
        ["too-many-samples"] = "There are too many samples",
        ["too-many-taxa"] = "There are too many taxa",
        ["too-many-values"] = "There are too many numbers",
        ["total-below-sum"] = "The total is less than the sum of the taxa",
        ["type-mismatch"] = "A value has another type",
        ["unit-ambiguous"] = "The unit of the numbers is not clear",
        ["unit-unknown"] = "The unit is not known",
        ["value-missing"] = "A value is missing",
        ["value-negative"] = "A value is negative",
        ["value-not-a-number"] = "A value is not a number",
        ["value-not-an-integer"] = "A count is not a whole number",
        ["value-not-finite"] = "A value is not finite",
        ["value-out-of-range"] = "A value is out of range",
        ["value-too-long"] = "A value is too long",
        ["wrong-kraken-output"] = "This is Kraken's output by read, not its report",
        ["wrong-metaphlan-output"] = "This is a marker table, not a profile",
    };

    /// <summary>Every code, for its page.</summary>
    public static ProblemCode? Find(string code) => Titles.TryGetValue(code, out var title)
        ? new ProblemCode(code, ProblemCodes.ProfileInvalid.Status, title, ProblemCodes.ProfileInvalid.Advice)
        : null;

    /// <summary>The problem of a refused upload.</summary>
    public static ProblemCode Of(ProfileReading reading)
    {
        var general = reading.Refusal switch
        {
            ProfileRefusal.Malformed => ProblemCodes.ProfileMalformed,
            ProfileRefusal.OtherContent => ProblemCodes.UnsupportedContent,
            ProfileRefusal.TooLarge => ProblemCodes.TooLarge,
            _ => ProblemCodes.ProfileInvalid,
        };
        return reading.Errors.Select(e => e.Code).Distinct().ToArray() is [var only] && Find(only) is { } specific ? specific with { Status = general.Status, Advice = general.Advice } : general;
    }
}
