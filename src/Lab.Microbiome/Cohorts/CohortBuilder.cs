using System.Collections.Immutable;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Profiles;
using Lab.Microbiome.Reports;

namespace Lab.Microbiome.Cohorts;

/// <summary>What a cohort says of itself.</summary>
/// <param name="Id">e.g. <c>western-shotgun</c>.</param>
/// <param name="Version">1, 2, ….</param>
/// <param name="Assay">How all of them were measured.</param>
/// <param name="Population">Who they are, in words that fit a sentence.</param>
/// <param name="Source">Where the profiles come from.</param>
/// <param name="Doi">The publication, without <c>doi:</c>; <c>-</c> where there is none.</param>
/// <param name="Licence">The licence of the source.</param>
/// <param name="Note">What the cohort is good for, and what not.</param>
public sealed record CohortDescription(string Id, int Version, Assay Assay, BilingualText Population, string Source, string Doi, string Licence, BilingualText Note)
{
    /// <summary>What sets them apart from all whom the assay measures; null: nothing does.</summary>
    public string? Stratum { get; init; }
}

/// <summary>Makes a reference cohort of people's profiles, by the rules that measure a report's sample. A stratum (an age, a country) is a cohort of its own, with as many people.
/// It has them all in memory; <see cref="CohortAssembly"/> has not.</summary>
public sealed class CohortBuilder
{
    /// <summary>Below this p2.5 and p97.5 would be the extremes of three people.</summary>
    public const int MinimumPeople = 120;

    /// <summary>A taxon that fewer have takes a line for nothing, and says too much of those few.</summary>
    public const double LeastPrevalence = 0.02;

    private readonly CohortDescription description;
    private readonly Panel panel;
    private readonly ImmutableArray<TaxonomicProfile> people;
    private readonly Lazy<ImmutableArray<Measures>> measured;

    /// <summary>Equal profiles in equal order give equal bytes.</summary>
    /// <param name="description">Who they are.</param>
    /// <param name="panel">The guilds, ratios and rules that the cohort shall know.</param>
    /// <param name="people">One profile a person.</param>
    /// <exception cref="ArgumentException">There are fewer than <see cref="MinimumPeople"/>.</exception>
    public CohortBuilder(CohortDescription description, Panel panel, IEnumerable<TaxonomicProfile> people)
    {
        ArgumentNullException.ThrowIfNull(description);
        ArgumentNullException.ThrowIfNull(panel);
        (this.description, this.panel, this.people) = (description, panel, [.. people]);
        if (this.people.Length < MinimumPeople) throw new ArgumentException($"A cohort needs {MinimumPeople} people and not {this.people.Length}.", nameof(people));
        measured = new(() => [.. this.people.Select(person => new Measures(person, description.Assay.LowestRank))]);
    }

    /// <summary>The cohort of all of them, with the rate at which each rule of the panel fires in them.</summary>
    /// <returns>The bytes of its file, for <see cref="ReferenceCohort.Read(byte[])"/>.</returns>
    public byte[] Build()
    {
        using var assembly = new CohortAssembly(description, panel, [panel], () => new MemoryStream());
        foreach (var person in measured.Value) assembly.Add(person);
        foreach (var person in measured.Value) assembly.Judge(person);
        return assembly.Write();
    }

    /// <summary>The cohort without one of them, to compare that person with the others only; without the rates of rules and the distances between people.</summary>
    /// <param name="person">Counted from 0.</param>
    public ReferenceCohort Without(int person)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(person);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(person, people.Length);
        using var assembly = new CohortAssembly(description, panel, [], () => new MemoryStream(), MinimumPeople - 1);
        foreach (var (i, other) in measured.Value.Index()) if (i != person) assembly.Add(other);
        foreach (var (i, other) in measured.Value.Index()) if (i != person) assembly.Judge(other);
        // One fewer than a file may have: the others of the smallest cohort are still the right ones.
        return ReferenceCohort.Read(assembly.Write(), MinimumPeople - 1);
    }
}
