namespace Lab.Api.Samples;

/// <summary>The codes of what stands beside a result. Red flags: the alarm symptoms of the Dutch and British referral guidelines that
/// docs/data-sources.md names.</summary>
public static class ContextCodes
{
    public static readonly string[] Symptoms =
        ["back-pain", "bloating", "cramps", "gas", "diarrhoea", "constipation", "irregular-stool", "worse-after-meals", "food-intolerance", "nausea", "fatigue"];
    public static readonly string[] RedFlags =
    [
        "rectal-bleeding", "unintended-weight-loss", "nocturnal-symptoms", "bowel-habit-change", "onset-after-50", "family-history", "iron-deficiency-anaemia",
        "fever-or-severe-diarrhoea", "abdominal-or-rectal-mass", "calprotectin-above-250", "calprotectin-100-250", "calprotectin-above-100", "calprotectin-50-100",
        "fit-positive", "cauda-equina-signs", "back-pain-alarm", "vulnerable-patient", "pancreatic-alarm", "aortic-alarm", "enteric-pathogen-detected",
    ];
    public static readonly string[] Diagnoses = ["ibs", "ibd-crohn", "ibd-uc", "sibo", "coeliac"];
    public static readonly string[] Medication = ["antibiotics-3-months", "ppi", "metformin", "laxative", "immunosuppressant", "probiotic"];

    public static IEnumerable<(IReadOnlyList<string> Codes, string[] Known, string Name)> Lists(SampleContext? context)
    {
        yield return (context?.Symptoms ?? [], Symptoms, "symptoms");
        yield return (context?.RedFlags ?? [], RedFlags, "redFlags");
        yield return (context?.Diagnoses ?? [], Diagnoses, "diagnoses");
        yield return (context?.Medication ?? [], Medication, "medication");
    }
}
