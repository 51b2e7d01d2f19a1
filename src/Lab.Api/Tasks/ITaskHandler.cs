namespace Lab.Api.Tasks;

/// <summary>Does the tasks of one kind. Found by its kind; a scope of its own for each run. It may be stopped at any point and begun anew, here or elsewhere.</summary>
public interface ITaskHandler
{
    string Kind { get; }

    /// <summary>Reads what it needs through <see cref="TaskRun.Open"/>, tells its progress, keeps what it makes with a <see cref="TaskContent"/>.</summary>
    /// <exception cref="Hosting.ProblemException">It cannot be done: the task fails with this code and is not tried again.</exception>
    Task RunAsync(TaskRun run, CancellationToken cancellation);
}
