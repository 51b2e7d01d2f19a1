using System.Reflection;
using AutoMapper;
using Lab.Api.Storage;
using MediatR;

namespace Lab.Api.Hosting;

/// <summary>A request that changes state. What it does is one transaction.</summary>
public interface ICommand<out TResponse> : IRequest<TResponse>;

/// <summary>Commits what a command did, once its handler has finished without an exception.</summary>
public sealed class CommandTransaction<TCommand, TResponse>(LabSession session) : IPipelineBehavior<TCommand, TResponse> where TCommand : ICommand<TResponse>
{
    public async Task<TResponse> Handle(TCommand request, CancellationToken cancellationToken, RequestHandlerDelegate<TResponse> next)
    {
        var response = await next();
        await session.CommitAsync(cancellationToken);
        return response;
    }
}

/// <summary>MediatR and AutoMapper: the only place that names their registration.</summary>
public static class Mediation
{
    public static IServiceCollection AddMediation(this IServiceCollection services, IConfiguration configuration)
    {
        // MediatR 5 has no registration of its own for this container; every handler of this assembly is one use case.
        services.AddScoped<ServiceFactory>(provider => provider.GetRequiredService);
        services.AddScoped<IMediator, Mediator>();
        services.AddScoped(typeof(IPipelineBehavior<,>), typeof(CommandTransaction<,>));
        foreach (var type in Assembly.GetExecutingAssembly().GetTypes().Where(t => t is { IsAbstract: false, IsGenericTypeDefinition: false }))
        {
            foreach (var handler in type.GetInterfaces().Where(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IRequestHandler<,>)))
            {
                services.AddScoped(handler, type);
            }
        }
        services.AddAutoMapper(mapping =>
        {
            mapping.LicenseKey = configuration["AutoMapper:LicenseKey"];
            mapping.AddMaps(Assembly.GetExecutingAssembly());
        });
        return services;
    }
}
