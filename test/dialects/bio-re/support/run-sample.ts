import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileFunction } from 'node:vm';
import { transformSync } from '@swc/core';
import { runCurl } from '../../../support/run-curl';

type Fetch = typeof globalThis.fetch;
export type UnblockUser = (accessToken: string, blockedUserId: string) => Promise<void>;
export interface Mutation {
  mutationFn: (blockedUserId: string) => Promise<void>;
  onSuccess: () => void;
}

const sample = (name: string): string => readFileSync(join(__dirname, 'seed-001', `${name}.txt`), 'utf8');

/** What the documentation calls by other addresses is called at `origin`. */
const at = (origin: string, text: string): string =>
  text.replaceAll(/https:\/\/(api\.bio\.re|loading)(?=\/)/g, origin);

/** Runs a command line of the samples with curl, and answers status and body. */
export const runShell = (name: 'unblock.sh' | 'try-it.sh', origin: string, accessToken: string) =>
  runCurl(at(origin, sample(name)), { ACCESS_TOKEN: accessToken });

/** The function of the samples, with this `fetch`. */
export const unblockUserAt = (origin: string, fetch: Fetch): UnblockUser =>
  run(`${at(origin, sample('unblock-user.ts'))}\nexports.unblockUser = unblockUser;`, fetch, () => ({}))
    .unblockUser as UnblockUser;

/**
 * What the hook of the samples hands to `useMutation`.
 * @param invalidated collects what the hook has fetched anew
 */
export function unblockMutation(fetch: Fetch, invalidated: unknown[]): Mutation {
  const reactQuery = {
    useMutation: (options: Mutation) => options,
    useQueryClient: () => ({ invalidateQueries: (query: unknown) => invalidated.push(query) }),
  };
  const { useUnblockUser } = run(sample('use-unblock-user.ts'), fetch, () => reactQuery);
  return (useUnblockUser as () => Mutation)();
}

function run(text: string, fetch: Fetch, require: () => object): Record<string, unknown> {
  const { code } = transformSync(text, {
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
  });
  const exports = {};
  const sampled = compileFunction(code, ['exports', 'require', 'fetch']) as (...given: unknown[]) => void;
  sampled(exports, require, fetch);
  return exports;
}
