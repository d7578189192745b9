export { createGuard, type Guard, type GuardState } from './create-guard';
export type { Clock } from './clock';
export type { ClientCredentials } from './credentials';
export type { GuardEvent } from './events';
export type { GuardedRequest, GuardedResponse, Middleware, RequestAuth } from './middleware';
export type { GuardOptions } from './options';
export type { Claims, Reason, Verdict } from './verdict';
