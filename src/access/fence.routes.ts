import type { Handlers } from '../http/handlers';
import type { RaisedFence, RaiseFence } from './raise-fence';

/** Users of a call where the caller does not say (the contract's default). */
const DEFAULT_LIMIT = 1_000;

export function createFenceRoutes(raiseFence: RaiseFence): Pick<Handlers, 'raiseFence'> {
  return {
    raiseFence: ({ body: { afterUserId = 0, limit = DEFAULT_LIMIT } = {}, caller, kept }) =>
      kept(
        (body: RaisedFence) => ({ status: 200, body }),
        (keep) => raiseFence(afterUserId, limit, caller, keep),
      ),
  };
}
