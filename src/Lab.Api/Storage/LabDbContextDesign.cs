using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace Lab.Api.Storage;

/// <summary>For <c>dotnet ef migrations add</c>; connects to nothing.</summary>
public sealed class LabDbContextDesign : IDesignTimeDbContextFactory<LabDbContext>
{
    public LabDbContext CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<LabDbContext>()
        .UseNpgsql("Host=none", npgsql => npgsql.MigrationsHistoryTable("migration", LabDbContext.Schema)).Options);
}
