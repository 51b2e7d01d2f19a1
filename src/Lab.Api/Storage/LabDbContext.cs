using System.Text;
using Lab.Api.Analyses;
using Lab.Api.Audit;
using Lab.Api.Cohorts;
using Lab.Api.Events;
using Lab.Api.Panels;
using Lab.Api.Partners;
using Lab.Api.Profiles;
using Lab.Api.Reports;
using Lab.Api.Samples;
using Lab.Api.Tasks;
using Lab.Api.Webhooks;
using Microsoft.EntityFrameworkCore;

namespace Lab.Api.Storage;

/// <summary>The model of schema <c>lab</c>: migrations, administration and lists. The hot path speaks SQL.</summary>
public sealed class LabDbContext(DbContextOptions<LabDbContext> options) : DbContext(options)
{
    public const string Schema = "lab";

    public DbSet<Partner> Partners => Set<Partner>();
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();
    public DbSet<Sample> Samples => Set<Sample>();
    public DbSet<Profile> Profiles => Set<Profile>();
    public DbSet<Analysis> Analyses => Set<Analysis>();
    public DbSet<Report> Reports => Set<Report>();
    public DbSet<LabAssay> Assays => Set<LabAssay>();
    public DbSet<CohortVersion> CohortVersions => Set<CohortVersion>();
    public DbSet<CohortMember> CohortMembers => Set<CohortMember>();
    public DbSet<PanelVersion> PanelVersions => Set<PanelVersion>();
    public DbSet<LongTask> Tasks => Set<LongTask>();
    public DbSet<TaskPart> TaskParts => Set<TaskPart>();
    public DbSet<AuditEntry> Audit => Set<AuditEntry>();
    public DbSet<ChainHead> ChainHeads => Set<ChainHead>();
    public DbSet<SampleEvent> Events => Set<SampleEvent>();
    public DbSet<Webhook> Webhooks => Set<Webhook>();
    public DbSet<Delivery> Deliveries => Set<Delivery>();
    public DbSet<IdempotencyRecord> Idempotency => Set<IdempotencyRecord>();

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.HasDefaultSchema(Schema);
        model.Entity<Partner>(partner =>
        {
            partner.HasKey(p => p.Id);
            partner.Property(p => p.Revision).HasDefaultValue(1);
        });
        model.Entity<ApiKey>(key =>
        {
            key.HasKey(k => k.Id);
            key.HasIndex(k => k.PartnerId);
            key.HasOne<Partner>().WithMany().HasForeignKey(k => k.PartnerId);
            // A key is replaced once.
            key.HasIndex(k => k.Replaces).IsUnique();
            key.HasOne<ApiKey>().WithOne().HasForeignKey<ApiKey>(k => k.Replaces);
            key.ToTable(table => table.HasCheckConstraint("ck_api_key_lab_only", $"partner_id IS NULL OR NOT scopes && ARRAY['{string.Join("','", Scope.LabOnly)}']"));
        });
        model.Entity<Sample>(sample =>
        {
            sample.HasKey(s => s.Id);
            sample.Property(s => s.Accession).UseCollation("C");
            sample.HasIndex(s => s.Accession).IsUnique();
            sample.HasIndex(s => new { s.PartnerId, s.Id });
            sample.Property(s => s.Context).HasColumnType("jsonb");
            sample.HasIndex(s => new { s.Subject, s.Id }).HasFilter("subject IS NOT NULL");
            // Replicates are found among all samples of the lab.
            sample.HasIndex(s => s.ReplicateOf).HasFilter("replicate_of IS NOT NULL");
            sample.HasIndex(s => new { s.Subject, s.CollectedAt }).HasFilter("subject IS NOT NULL AND collected_at IS NOT NULL");
            sample.HasOne<Sample>().WithMany().HasForeignKey(s => s.ReplicateOf);
            sample.HasIndex(s => s.CollectedAt);
            sample.HasIndex(s => s.Id, "ix_sample_rejected").HasFilter("rejected_at IS NOT NULL");
            sample.HasIndex(s => s.Id, "ix_sample_erased").HasFilter("erased_at IS NOT NULL");
            // Who may stand in a cohort, by person.
            sample.HasIndex(s => new { s.Subject, s.CollectedAt }, "ix_sample_consent").HasFilter("consent");
            sample.HasOne<Partner>().WithMany().HasForeignKey(s => s.PartnerId);
        });
        model.Entity<Profile>(profile =>
        {
            profile.HasKey(p => p.Id);
            // The bytes of a sample and assay stand once, however many post them at once.
            profile.HasIndex(p => new { p.SampleId, p.Assay, p.Sha256 }).IsUnique();
            profile.HasIndex(p => p.Sha256);
            profile.HasIndex(p => new { p.PartnerId, p.Id });
            profile.Property(p => p.Warnings).HasColumnType("jsonb");
            profile.HasOne(p => p.Sample).WithMany(s => s.Profiles).HasForeignKey(p => p.SampleId);
        });
        model.Entity<Analysis>(analysis =>
        {
            analysis.HasKey(a => a.Id);
            analysis.HasIndex(a => a.QueuedAt).HasFilter("status IN ('queued', 'running')").HasDatabaseName("ix_analysis_open");
            analysis.HasIndex(a => a.LeaseUntil).HasFilter("status = 'running'").HasDatabaseName("ix_analysis_leased");
            analysis.HasIndex(a => a.ProfileId);
            analysis.HasIndex(a => new { a.PartnerId, a.Id });
            analysis.HasOne(a => a.Profile).WithMany(p => p.Analyses).HasForeignKey(a => a.ProfileId);
            analysis.HasOne<Sample>().WithMany().HasForeignKey(a => a.SampleId);
            analysis.HasIndex(a => a.SampleId);
            // What a person looks for is rare, and does not change any more.
            analysis.HasIndex(a => a.Id).HasFilter("status IN ('failed', 'cancelled')").HasDatabaseName("ix_analysis_stopped");
            analysis.Property(a => a.Cause).HasDefaultValue("upload");
        });
        model.Entity<Report>(report =>
        {
            report.HasKey(r => r.Id);
            report.HasIndex(r => new { r.SampleId, r.Assay, r.Version }).IsUnique();
            report.HasIndex(r => r.AnalysisId).IsUnique();
            report.HasIndex(r => new { r.PartnerId, r.Id });
            // Lists by each filter in their order.
            report.HasIndex(r => new { r.PartnerId, r.SampleId, r.Assay });
            report.HasIndex(r => new { r.Status, r.SampleId, r.Assay });
            report.HasIndex(r => r.IssuedAt);
            report.Property(r => r.Findings).HasDefaultValueSql("'{}'");
            report.Property(r => r.Inputs).HasColumnType("jsonb").HasDefaultValueSql("'{}'");
            report.HasOne(r => r.Sample).WithMany(s => s.Reports).HasForeignKey(r => r.SampleId);
        });
        model.Entity<LabAssay>(assay =>
        {
            assay.HasKey(a => a.Id);
            assay.Property(a => a.Definition).HasColumnType("jsonb");
        });
        model.Entity<CohortVersion>(cohort =>
        {
            cohort.HasKey(c => new { c.Id, c.Version });
            cohort.Property(c => c.Summary).HasColumnType("jsonb");
            cohort.Property(c => c.Request).HasColumnType("jsonb");
        });
        model.Entity<CohortMember>(member =>
        {
            member.HasKey(m => new { m.CohortId, m.Version, m.ProfileId });
            member.HasIndex(m => m.SampleId);
            member.HasOne<CohortVersion>().WithMany().HasForeignKey(m => new { m.CohortId, m.Version });
        });
        model.Entity<PanelVersion>(panel =>
        {
            panel.HasKey(p => new { p.Id, p.Version });
            panel.Property(p => p.Rates).HasColumnType("jsonb");
        });
        model.Entity<LongTask>(task =>
        {
            task.HasKey(t => t.Id);
            task.Property(t => t.Request).HasColumnType("jsonb");
            task.Property(t => t.Result).HasColumnType("jsonb");
            task.HasIndex(t => new { t.PartnerId, t.Kind, t.Id });
            task.HasIndex(t => t.CreatedAt).HasFilter("status IN ('queued', 'running')").HasDatabaseName("ix_task_open");
            task.HasIndex(t => t.ExpiresAt).HasFilter("emptied_at IS NULL").HasDatabaseName("ix_task_kept");
        });
        model.Entity<TaskPart>(part =>
        {
            part.HasKey(p => new { p.TaskId, p.N });
            part.HasOne<LongTask>().WithMany().HasForeignKey(p => p.TaskId);
            part.HasIndex(p => new { p.PartnerId, p.TaskId });
            part.HasIndex(p => p.Samples).HasMethod("gin");
        });
        model.Entity<AuditEntry>(audit =>
        {
            audit.HasKey(a => a.Id);
            audit.Property(a => a.Id).UseIdentityAlwaysColumn();
            audit.Property(a => a.At).HasDefaultValueSql("clock_timestamp()");
            audit.Property(a => a.Details).HasColumnType("jsonb");
            audit.HasIndex(a => new { a.PartnerId, a.Id });
            audit.HasIndex(a => new { a.Object, a.Id });
            // Which subjects did a key read, and when.
            audit.HasIndex(a => new { a.Actor, a.At, a.Id });
            audit.HasIndex(a => new { a.At, a.Id });
            audit.HasIndex(a => a.SampleId).HasFilter("sample_id IS NOT NULL");
            audit.HasIndex(a => a.Seq).IsUnique().HasFilter("seq IS NOT NULL");
            audit.HasIndex(a => a.Id).HasFilter("seq IS NULL").HasDatabaseName("ix_audit_unsealed");
            // A proof that was copied with its row is none.
            audit.HasIndex(a => a.Proof).IsUnique().HasFilter("proof <> ''");
        });
        model.Entity<ChainHead>(head => head.HasKey(h => h.Id));
        model.Entity<SampleEvent>(happened =>
        {
            happened.HasKey(e => e.Id);
            happened.Property(e => e.Ordinal).UseIdentityAlwaysColumn();
            happened.Property(e => e.At).HasDefaultValueSql("clock_timestamp()");
            happened.Property(e => e.Repeated).HasDefaultValue(false);
            happened.HasIndex(e => e.Number).IsUnique().HasFilter("number IS NOT NULL");
            happened.HasIndex(e => e.Ordinal).HasFilter("number IS NULL").HasDatabaseName("ix_event_unnumbered");
            happened.HasIndex(e => new { e.PartnerId, e.Number });
            happened.HasIndex(e => e.SampleId);
            happened.HasOne<Sample>().WithMany().HasForeignKey(e => e.SampleId);
        });
        model.Entity<Webhook>(webhook =>
        {
            webhook.HasKey(w => w.Id);
            webhook.HasIndex(w => new { w.PartnerId, w.Id });
            webhook.HasOne<Partner>().WithMany().HasForeignKey(w => w.PartnerId);
        });
        model.Entity<Delivery>(delivery =>
        {
            delivery.HasKey(d => d.Id);
            delivery.HasIndex(d => new { d.PartnerId, d.Id });
            delivery.HasIndex(d => new { d.WebhookId, d.Id });
            delivery.HasIndex(d => new { d.WebhookId, d.DueAt }).HasFilter("status = 'pending'").HasDatabaseName("ix_delivery_due");
            delivery.HasIndex(d => new { d.EventId, d.WebhookId }).IsUnique().HasFilter("event_id IS NOT NULL");
            delivery.Property(d => d.Attempts).HasColumnType("jsonb").HasDefaultValueSql("'[]'");
            delivery.HasOne(d => d.Webhook).WithMany().HasForeignKey(d => d.WebhookId);
        });
        model.Entity<IdempotencyRecord>().HasKey(i => new { i.Client, i.Key });

        foreach (var entity in model.Model.GetEntityTypes())
        {
            entity.SetTableName(entity.ClrType.Name switch
            {
                nameof(AuditEntry) => "audit",
                nameof(IdempotencyRecord) => "idempotency",
                nameof(LabAssay) => "assay",
                nameof(LongTask) => "task",
                nameof(SampleEvent) => "event",
                var name => SnakeCase(name),
            });
            foreach (var property in entity.GetProperties()) property.SetColumnName(SnakeCase(property.Name));
        }
    }

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c) && text.Length > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
