import type { Response } from 'express';
import type { ContractDocument } from './contract';
import type { Answer } from './handlers';
import { sendNdjson } from './ndjson';

/** Sends what a handler answers. */
export async function sendAnswer(response: Response, answer: Answer): Promise<void> {
  response.status(answer.status);
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value);
  if (answer.ndjson) await sendNdjson(response, answer.ndjson);
  else if (answer.text) response.setHeader('Content-Type', answer.text.type).end(answer.text.body);
  else if ('body' in answer) response.json(answer.body);
  else response.end();
}

/** What is read of an operation to hand requests to its handler. */
interface DescribedOperation {
  operationId: string;
  parameters?: { $ref?: string }[];
}

function operationsOf(document: ContractDocument): DescribedOperation[] {
  const items = Object.values(document.paths ?? {}) as Record<string, Partial<DescribedOperation>>[];
  return items.flatMap((item) =>
    Object.values(item).flatMap(({ operationId, parameters }) =>
      operationId === undefined ? [] : [{ operationId, parameters }],
    ),
  );
}

/** The operations that refer to this parameter of the contract's components. */
export const operationsTaking = (document: ContractDocument, parameter: string): ReadonlySet<string> =>
  new Set(
    operationsOf(document)
      .filter(({ parameters }) =>
        parameters?.some(({ $ref }) => $ref === `#/components/parameters/${parameter}`),
      )
      .map(({ operationId }) => operationId),
  );

/** @throws where an operation has no handler or a handler no operation */
export function assertComplete(document: ContractDocument, handlers: object): void {
  const operations = operationsOf(document).map(({ operationId }) => operationId);
  const names = Object.keys(handlers);
  const faults = [
    ...operations.filter((id) => !names.includes(id)).map((id) => `the operation ${id} has no handler`),
    ...names.filter((id) => !operations.includes(id)).map((id) => `the handler ${id} has no operation`),
  ];
  if (faults.length > 0) throw new Error(`a contract and its handlers do not match: ${faults.join('; ')}`);
}
