import type { Request, RequestHandler } from 'express';
import type { ContractDocument } from './contract';

/** What the validator's look-up leaves on a request for its own later steps. */
interface FoundRoute {
  openApiRoute: string;
  pathParams: Record<string, string>;
}

type ContractRequest = Request & { openapi?: FoundRoute };

/**
 * Runs the validator's look-up once for each operation and remembers what it found: by itself it compiles the pattern
 * of every path anew for every request, a sixth of what such a request costs. What it refuses is never remembered.
 * @param lookUp the validator's first steps, in their order
 */
export function rememberRoutes(
  document: ContractDocument,
  lookUp: readonly RequestHandler[],
): RequestHandler {
  const templates = Object.keys(document.paths ?? {}).map((template) => ({
    template,
    names: Array.from(template.matchAll(/\{(\w+)\}/g), ([, name = '']) => name),
    pattern: new RegExp(
      `^${template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '([^/]+)')}$`,
    ),
  }));
  const remembered = new Map<string, FoundRoute>();
  const keyOf = (method: string, template: string) => `${method} ${template}`;

  const recall = ({ method, originalUrl }: Request): FoundRoute | null => {
    const [path = ''] = originalUrl.split('?', 1);
    const matching = templates.filter(({ pattern }) => pattern.test(path));
    // Where two paths of the contract fit, which one goes first is the validator's to say.
    const [only] = matching;
    const route = only && matching.length === 1 && remembered.get(keyOf(method, only.template));
    if (!route) return null;
    const values = only.pattern.exec(path)?.slice(1) ?? [];
    const decoded = values.map(decodeOrNull);
    if (decoded.includes(null)) return null;
    return {
      ...route,
      pathParams: Object.fromEntries(only.names.map((name, at) => [name, decoded[at] ?? ''])),
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
        if (request.openapi)
          remembered.set(keyOf(request.method, request.openapi.openApiRoute), request.openapi);
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
