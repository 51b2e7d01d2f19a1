using Lab.Microbiome.Taxonomy;

namespace Lab.Microbiome.Profiles.Formats;

/// <summary>What every reader is given.</summary>
internal sealed record ReaderContext(ProfileReadingOptions Options, TaxonomyRelease Taxonomy, ProfileLimits Limits, ProblemList Problems);
