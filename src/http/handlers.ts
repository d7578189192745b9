import type { operations } from './contract.generated';
import type { Caller } from './caller';

export type OperationId = keyof operations;

type Parameters<Op extends OperationId> = operations[Op]['parameters'];
type Given<T> = [T] extends [never] ? Record<never, never> : NonNullable<T>;

/** Path parameters arrive as text, but for a user's id, which is checked and converted once, here. */
type Path<Op extends OperationId> = {
  [Name in keyof Given<Parameters<Op>['path']>]: Name extends 'userId' ? number : string;
};

type JsonBody<Op extends OperationId> = operations[Op] extends {
  requestBody: { content: { 'application/json': infer Body } };
}
  ? Body
  : operations[Op] extends { requestBody?: { content: { 'application/json': infer Body } } }
    ? Body | undefined
    : undefined;

/** A request that the contract has accepted. */
export interface OperationRequest<Op extends OperationId> {
  path: Path<Op>;
  query: Given<Parameters<Op>['query']>;
  body: JsonBody<Op>;
  /** RFC 7240, as it was sent. */
  prefer: string | undefined;
  caller: Caller;
}

type Responses<Op extends OperationId> = operations[Op]['responses'];
type SuccessStatus = 200 | 201 | 202 | 204;

/** An answer that the contract lists for the operation. Refusals are thrown as DomainError. */
export type OperationResponse<Op extends OperationId> = {
  [Status in keyof Responses<Op> & SuccessStatus]: Responses<Op>[Status] extends {
    content: { 'application/json': infer Body };
  }
    ? { status: Status; body: Body; headers?: Record<string, string> }
    : { status: Status; headers?: Record<string, string> };
}[keyof Responses<Op> & SuccessStatus];

export type Handler<Op extends OperationId> = (
  request: OperationRequest<Op>,
) => Promise<OperationResponse<Op>>;

/** One handler for each operation of the contract: a feature brings those of its own. */
export type Handlers = { [Op in OperationId]: Handler<Op> };
