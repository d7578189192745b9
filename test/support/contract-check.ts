import Ajv2020 from 'ajv/dist/2020';
import type { ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import { type ContractDocument, loadContract } from '../../src/http/contract';
import { resolve } from '../http/support/contract-operations';

type Json = Record<string, unknown>;

/** Holds answers against a contract, apart from the validator that the API itself uses; refusals too. */
export interface ContractCheck {
  document: ContractDocument;
  /** @throws where the contract lists no such answer for the operation, or its body is of another shape */
  check(method: string, path: string, status: number, contentType: string | null, body: unknown): void;
}

/** One for all test files of a process, which share their globals: compiling the contract takes longer than many a test. */
export function sharedContractCheck(): ContractCheck {
  const shared = globalThis as { contractCheck?: ContractCheck };
  return (shared.contractCheck ??= createContractCheck(loadContract()));
}

export function createContractCheck(document: ContractDocument): ContractCheck {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats(ajv);
  ajv.addSchema(document, 'contract');
  const validators = new Map<Json, ValidateFunction>();
  const paths = Object.keys(document.paths ?? {}).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }));

  const validatorOf = (schema: Json): ValidateFunction => {
    const known = validators.get(schema);
    if (known) return known;
    // References in the contract are to its root.
    const rooted = JSON.stringify(schema).replaceAll('"#/', '"contract#/');
    const compiled = ajv.compile(JSON.parse(rooted) as Json);
    validators.set(schema, compiled);
    return compiled;
  };

  return {
    document,
    check(method, path, status, contentType, body) {
      const template = paths.find(({ pattern }) => pattern.test(path.split('?')[0] ?? ''))?.template;
      const operation =
        template && ((document.paths?.[template] as Json | undefined)?.[method.toLowerCase()] as Json);
      // What the contract does not know is refused before any operation: 404 and 405 have no entry to be held against.
      if (!operation) return;
      const responses = operation.responses as Json;
      const listed = responses[status] ?? responses.default;
      if (listed === undefined)
        throw new Error(`${method} ${path} answered ${status}, which the contract does not list`);
      const content = resolve(document, listed).content as Record<string, Json> | undefined;
      const mediaType = contentType?.split(';')[0] ?? '';
      if (!content) {
        if (body !== undefined) throw new Error(`${method} ${path} answered ${status} with a body`);
        return;
      }
      const schema = content[mediaType]?.schema;
      if (!schema) throw new Error(`${method} ${path} answered ${status} as "${mediaType}"`);
      const validate = validatorOf(schema as Json);
      if (!validate(body)) {
        throw new Error(
          `${method} ${path} answered ${status} with ${ajv.errorsText(validate.errors)}: ${JSON.stringify(body)}`,
        );
      }
    },
  };
}
