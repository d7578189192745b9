import type { Request, RequestHandler } from 'express';
import type { ContractPath } from './contract-paths';

/** What the validator's look-up leaves on a request for its own later steps. */
interface FoundRoute {
  openApiRoute: string;
  pathParams: Record<string, string>;
}

type ContractRequest = Request & { openapi?: FoundRoute };

/**
 * Runs the validator's look-up once for each method of a path and remembers what it found: by itself it compiles the
 * pattern of the path anew for every request. What it refuses is never remembered.
 * @param lookUp the validator's first steps, in their order
 */
export function rememberRoute(path: ContractPath, lookUp: readonly RequestHandler[]): RequestHandler {
  const remembered = new Map<string, FoundRoute>();

  const recall = ({ method, originalUrl }: Request): FoundRoute | null => {
    const route = remembered.get(method);
    const decoded = path.valuesOf(originalUrl.split('?', 1)[0] ?? '')?.map(decodeOrNull);
    if (!route || !decoded || decoded.includes(null)) return null;
    return {
      ...route,
      pathParams: Object.fromEntries(path.names.map((name, at) => [name, decoded[at] ?? ''])),
    };
  };

  return (request: ContractRequest, response, next) => {
    const route = recall(request);
    if (route) {
      request.openapi = route;
      next();
      return;
    }
    const step = (at: number): void => {
      const handler = lookUp[at];
      if (!handler) {
        if (request.openapi) remembered.set(request.method, request.openapi);
        next();
        return;
      }
      void handler(request, response, (error?: unknown) =>
        error === undefined ? step(at + 1) : next(error),
      );
    };
    step(0);
  };
}

/** null where the percent-encoding is broken: the validator refuses that in its own words. */
function decodeOrNull(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
