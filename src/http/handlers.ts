import type { Keep } from '../database/keep';
import type { Caller } from './caller';
import type { operations } from './contract.generated';
import type { IfMatch } from './etag';
import type { Upload } from './upload';

export type OperationId = keyof operations;

type Parameters<Op extends OperationId> = operations[Op]['parameters'];
type Given<T> = [T] extends [never] ? Record<never, never> : NonNullable<T>;

export const USER_ID_NAMES = ['userId', 'blockedUserId'] as const;
type UserIdName = (typeof USER_ID_NAMES)[number];

/** Path parameters arrive as text, but for the ids of users, which are checked and converted once (`router.ts`). */
type Path<Op extends OperationId> = {
  [Name in keyof Given<Parameters<Op>['path']>]: Name extends UserIdName ? number : string;
};

type Body<Op extends OperationId> = operations[Op] extends {
  requestBody: { content: { 'application/x-ndjson': unknown } };
}
  ? Upload
  : JsonBody<Op>;

/** A form arrives as the object that its fields make. */
type ParsedMediaType = 'application/json' | 'application/x-www-form-urlencoded';

type JsonBody<Op extends OperationId> = operations[Op] extends { requestBody: { content: infer Content } }
  ? ParsedBody<Content>
  : operations[Op] extends { requestBody?: { content: infer Content } }
    ? ParsedBody<Content> | undefined
    : undefined;

type ParsedBody<Content> = Content[keyof Content & ParsedMediaType];

/** A request that the contract has accepted. */
export interface OperationRequest<Op extends OperationId> {
  path: Path<Op>;
  query: Given<Parameters<Op>['query']>;
  body: Body<Op>;
  /** RFC 7240, as it was sent. */
  prefer: string | undefined;
  /** RFC 9110, section 12.5.1, as it was sent. */
  accept: string | undefined;
  /** The states in which the caller wants the change to happen; for `preconditionFault`, inside the transaction. */
  ifMatch: IfMatch | undefined;
  /** For every operation that changes something. */
  kept: Keeping<OperationResponse<Op>>;
  /** Nobody, where the operation takes no token. */
  caller: Caller;
  /** The signal that the client has gone away; for who lets it wait. */
  gone: () => AbortSignal;
}

/**
 * Runs a use case and renders its answer, inside its transaction too where the request carries an `Idempotency-Key`:
 * so `render` must be pure. The use case hands `keep` to the transaction that makes the change.
 */
export type Keeping<A> = <T>(
  render: (value: T) => A,
  work: (keep: Keep<T> | undefined) => Promise<T>,
  options?: KeepOptions<T>,
) => Promise<A>;

export interface KeepOptions<T> {
  /** The user whom the answer tells of, where the path does not name her: it is erased with her. */
  about?: (value: T) => number | null;
  /** Members of the body that are shown once; a repeat is answered without them. */
  hidden?: readonly string[];
}

/** What every handler answers, whatever its operation. */
export interface Answer {
  status: number;
  body?: unknown;
  /** In place of a body: one JSON value a line. */
  ndjson?: AsyncIterable<unknown>;
  /** In place of a body: text of another media type, a signed token above all. */
  text?: TextBody<string>;
  headers?: Record<string, string>;
}

type Responses<Op extends OperationId> = operations[Op]['responses'];
type SuccessStatus = 200 | 201 | 202 | 204;

export interface TextBody<Type extends string> {
  type: Type;
  body: string;
}

/** One of the forms in which the contract lets an answer come. */
type ContentOf<Content> = {
  [Type in keyof Content & string]: Type extends 'application/json'
    ? { body: Content[Type] }
    : Type extends 'application/x-ndjson'
      ? { ndjson: AsyncIterable<Content[Type]> }
      : { text: TextBody<Type> };
}[keyof Content & string];

/** An answer that the contract lists for the operation. Refusals are thrown as DomainError. */
export type OperationResponse<Op extends OperationId> = {
  [Status in keyof Responses<Op> & SuccessStatus]: (Responses<Op>[Status] extends { content: infer Content }
    ? ContentOf<Content>
    : Record<never, never>) & { status: Status; headers?: Record<string, string> };
}[keyof Responses<Op> & SuccessStatus];

export type Handler<Op extends OperationId> = (
  request: OperationRequest<Op>,
) => Promise<OperationResponse<Op>>;

/** One handler for each operation of the contract: a feature brings those of its own. */
export type Handlers = { [Op in OperationId]: Handler<Op> };
