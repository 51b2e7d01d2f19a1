using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Lab.Api.Audit;

/// <summary>Shows that the service wrote an audit row: a nonce, never used twice, and its HMAC with what the row says. Who can write to the database but does
/// not know the key adds no row that the sealer takes for the service's.</summary>
public sealed class RowProof(byte[] key)
{
    private const int Nonce = 16, Length = 32;

    /// <summary>A new proof. Nonces rise with time, so that the index over proofs grows at its end.</summary>
    public byte[] Of(string actor, string action, string subject)
    {
        var proof = new byte[Length];
        Guid.CreateVersion7().TryWriteBytes(proof, bigEndian: true, out _);
        Sum(proof.AsSpan(0, Nonce), actor, action, subject).AsSpan(0, Length - Nonce).CopyTo(proof.AsSpan(Nonce));
        return proof;
    }

    public bool Accepts(byte[] proof, string actor, string action, string subject) => proof.Length == Length
        && CryptographicOperations.FixedTimeEquals(proof.AsSpan(Nonce), Sum(proof.AsSpan(0, Nonce), actor, action, subject).AsSpan(0, Length - Nonce));

    private byte[] Sum(ReadOnlySpan<byte> nonce, string actor, string action, string subject)
    {
        using var sum = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        sum.AppendData(nonce);
        Span<byte> length = stackalloc byte[4];
        foreach (var text in new[] { actor, action, subject })
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
            sum.AppendData(length);
            sum.AppendData(bytes);
        }
        return sum.GetHashAndReset();
    }
}
