using Lab.Benchmarks;

switch (args)
{
    case ["diversity"]:
        DiversitySpeed.Run();
        return 0;
    case ["reports"]:
        ReportSpeed.Run();
        return 0;
    default:
        Console.Error.WriteLine("dotnet run -c Release --project tests/Lab.Benchmarks -- diversity|reports");
        return 1;
}
