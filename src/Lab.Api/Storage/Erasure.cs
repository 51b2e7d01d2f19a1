using Lab.Api.Hosting;

namespace Lab.Api.Storage;

/// <summary>What was erased is empty: the rows stay, with their ids, versions, digests and times.</summary>
public static class Erasure
{
    /// <summary>The stored bytes.</summary>
    /// <exception cref="ProblemException">They were erased (410).</exception>
    public static byte[] Demand(byte[] stored) => stored.Length > 0 ? stored : throw Gone();

    public static ProblemException Gone() => new(ProblemCodes.Erased, "What was known of the person was erased.");
}
