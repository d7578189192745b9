import type { ContractDocument } from './contract';

/** A path of the contract, and how a request's path is held against it. */
export interface ContractPath {
  /** As the contract writes it, parameters in braces. */
  template: string;
  /** The values of the parameters as they stand in the path; null where it is another path. */
  valuesOf: (path: string) => string[] | null;
  /** In the order of their values. */
  names: readonly string[];
}

/** In the order in which they are tried: a path without parameters goes before one with (OpenAPI 3.1, section 4.8.8.1). */
export function pathsOf(document: ContractDocument): ContractPath[] {
  return Object.keys(document.paths ?? {})
    .sort((a, b) => (rankOf(a) < rankOf(b) ? -1 : 1))
    .map((template) => {
      const pattern = new RegExp(
        `^${template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '([^/]+)')}$`,
      );
      return {
        template,
        names: Array.from(template.matchAll(/\{(\w+)\}/g), ([, name = '']) => name),
        valuesOf: (path) => pattern.exec(path)?.slice(1) ?? null,
      };
    });
}

/** A digit for each segment, so that fixed ones come first. */
const rankOf = (template: string): string =>
  template
    .split('/')
    .map((segment) => (segment.includes('{') ? '1' : '0'))
    .join('');

/** The contract of this path alone: what it refers to, and nothing else. */
export function onePathOf(document: ContractDocument, template: string): ContractDocument {
  const item = document.paths?.[template];
  const kept: Record<string, Record<string, unknown>> = {};
  const keepWhatIsNamedIn = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    for (const value of Object.values(node)) {
      const reference = typeof value === 'string' ? REFERENCE.exec(value) : null;
      if (reference) keep(reference[1] ?? '', reference[2] ?? '');
      else keepWhatIsNamedIn(value);
    }
  };
  const keep = (kind: string, name: string): void => {
    const component = (document.components as typeof kept | undefined)?.[kind]?.[name];
    if (component === undefined || kept[kind]?.[name] !== undefined) return;
    (kept[kind] ??= {})[name] = component;
    keepWhatIsNamedIn(component);
  };
  keepWhatIsNamedIn(item);
  const { securitySchemes } = document.components ?? {};
  return {
    ...document,
    paths: { [template]: item ?? {} },
    components: { ...kept, ...(securitySchemes ? { securitySchemes } : {}) },
  };
}

const REFERENCE = /^#\/components\/(\w+)\/([\w.-]+)/;
