import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { type ContractDocument, loadContract, readContract } from '../../src/http/contract';
import { resolve } from '../http/support/contract-operations';

type Json = Record<string, unknown>;
type Segment = { fixed: string } | { takes: (text: string) => boolean };
interface Path {
  contract: string;
  template: string;
  segments: Segment[];
}

const DIALECTS = join(__dirname, '../../src/dialects');
const ajv = new Ajv2020({ strict: false });
addFormats(ajv);

const contracts: [string, ContractDocument][] = [
  ['our own', loadContract()],
  ...readdirSync(DIALECTS)
    .map((name): [string, string] => [name, join(DIALECTS, name, 'openapi.yaml')])
    .filter(([, file]) => existsSync(file))
    .map(([name, file]): [string, ContractDocument] => [name, readContract(file)]),
];

/** The paths of a contract, and what each parameter takes by the schema of any of its operations. */
function pathsOf([contract, document]: [string, ContractDocument]): Path[] {
  return Object.entries((document.paths ?? {}) as Record<string, Json>).map(([template, item]) => {
    const lists = [item, ...Object.values(item)].map((place) => (place as Json | null)?.parameters ?? []);
    const parameters = lists.flat().map((node) => resolve(document, node));
    const takes = (name: string) => {
      const schemas = parameters
        .filter((parameter) => parameter.in === 'path' && parameter.name === name)
        .map(({ schema }) => ajv.compile(resolve(document, schema)));
      if (schemas.length === 0) throw new Error(`${contract}: ${template} does not declare ${name}`);
      return (text: string) => schemas.some((validate) => validate(text));
    };
    const segments = template.split('/').map((text): Segment => {
      const name = /^\{(\w+)\}$/.exec(text)?.[1];
      return name === undefined ? { fixed: text } : { takes: takes(name) };
    });
    return { contract, template, segments };
  });
}

function overlap(one: Segment, other: Segment): boolean {
  if ('fixed' in one && 'fixed' in other) return one.fixed === other.fixed;
  if ('fixed' in one) return 'takes' in other && other.takes(one.fixed);
  if ('fixed' in other) return one.takes(other.fixed);
  return true;
}

/** Whether some request is at both. */
const meet = (one: Path, other: Path): boolean =>
  one.segments.length === other.segments.length &&
  one.segments.every((segment, at) => overlap(segment, other.segments[at] ?? { fixed: '' }));

const paths = contracts.map(pathsOf);

it('no path means two things: a valid one of a contract is none of another contract', () => {
  const clashes = paths.flatMap((ofOne, index) =>
    paths
      .slice(index + 1)
      .flat()
      .flatMap((other) => ofOne.filter((one) => meet(one, other)).map((one) => [one, other])),
  );
  expect(clashes.map((pair) => pair.map(({ contract, template }) => `${contract}: ${template}`))).toEqual([]);
});

it('would find one: a parameter that takes what stands fixed in another path', () => {
  const [one] = pathsOf([
    'any',
    {
      openapi: '3.1.0',
      info: { title: 'any', version: '1' },
      paths: {
        '/api/v1/users/{name}': {
          get: { parameters: [{ name: 'name', in: 'path', schema: { type: 'string' } }], responses: {} },
        },
      },
    } as never,
  ]);
  const bioRe = paths.flat().filter(({ contract }) => contract === 'bio-re');
  expect(bioRe.filter((path) => one && meet(one, path)).map(({ template }) => template)).toEqual([
    '/api/v1/users/blocked',
  ]);
});
