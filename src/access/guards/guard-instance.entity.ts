import { Column, Entity, PrimaryColumn } from 'typeorm';
import { IntegerColumn, TimeColumn } from '../../database/entity-columns';

/** One guard that follows the revocation feed: an instance among those that share a client's credentials. */
@Entity('guard_instances')
export class GuardInstance {
  @PrimaryColumn({ name: 'client_id', type: String })
  clientId: string;

  @PrimaryColumn({ name: 'instance_id', type: String })
  instanceId: string;

  /** From the sending of a poll that is answered it lets tokens pass for so long. */
  @Column({ name: 'lease_ms', type: Number })
  leaseMs: number;

  /** Up to here it has applied everything, as of its last poll. */
  @IntegerColumn('position')
  position: number;

  @TimeColumn('first_seen_at')
  firstSeenAt: Date;

  @TimeColumn('last_poll_at')
  lastPollAt: Date;

  /** No answer that it was given lets it go on for longer: written before the answer is. */
  @TimeColumn('trusted_until')
  trustedUntil: Date;
}
