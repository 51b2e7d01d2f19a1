using Lab.Api.Hosting;
using Lab.Api.Profiles;
using Lab.Microbiome.Panels;
using Lab.Microbiome.Reports;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Lab.Api.Samples;

/// <summary>A code that a sample's context may hold.</summary>
/// <param name="Kind">The list of the context that it belongs in: symptoms, redFlags, diagnoses or medication.</param>
/// <param name="Code">As it is sent.</param>
/// <param name="Label">What it is called.</param>
/// <param name="Urgency">How soon to seek care: emergency, same-day, urgent, routine or discuss; null for what is no red flag.</param>
/// <param name="Notice">What a report says of a red flag; null for what is none.</param>
/// <param name="Source">Where it comes from, and whether that was read.</param>
public sealed record ContextCodeDetails(string Kind, string Code, BilingualText Label, string? Urgency, BilingualText? Notice, string Source);

/// <summary>Lists the codes of a sample's context.</summary>
public static class ListContextCodes
{
    public static Ok<Page<ContextCodeDetails>> Get()
    {
        var codes = ContextCodes.Shipped;
        static IEnumerable<ContextCodeDetails> Plain(string kind, IEnumerable<ContextCode> listed) => listed.Select(c => new ContextCodeDetails(kind, c.Code, c.Label, null, null, c.Source));
        return TypedResults.Ok(new Page<ContextCodeDetails>
        {
            Items =
            [
                .. Plain("symptoms", codes.Symptoms),
                .. codes.RedFlags.Select(f => new ContextCodeDetails("redFlags", f.Code, f.Label, f.Urgency, f.Notice, f.Source)),
                .. Plain("diagnoses", codes.Diagnoses), .. Plain("medication", codes.Medication),
            ],
        });
    }
}
