using Lab.Benchmarks;

switch (args)
{
    case ["diversity"]:
        DiversitySpeed.Run();
        return 0;
    case ["reports"]:
        ReportSpeed.Run();
        return 0;
    case ["formats", var folder]:
        FormatSpeed.Run(folder);
        return 0;
    default:
        Console.Error.WriteLine("dotnet run -c Release --project tests/Lab.Benchmarks -- diversity|reports|formats <folder of files>");
        return 1;
}
