namespace Lab.Microbiome.Panels;

/// <summary>A panel.</summary>
public sealed record Panel;
