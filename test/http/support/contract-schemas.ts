import Ajv2020, { type ErrorObject } from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { loadContract } from '../../../src/http/contract';

const ajv = new Ajv2020({ allErrors: true, strict: false });
addFormats(ajv);
ajv.addSchema({ $id: 'contract', components: loadContract().components });

/** What is wrong with a value that should be of a schema of the contract; a judge apart from the validator in use. */
export function schemaFaults(schema: object, value: unknown): ErrorObject[] {
  const text = JSON.stringify(schema).replaceAll('"#/components', '"contract#/components');
  const validate = ajv.compile(JSON.parse(text) as object);
  validate(value);
  return validate.errors ?? [];
}
