import type { Statement } from '../database/sql';

/** Takes away what a feature holds about a user whose row is locked; each one is registered in `registrations.ts`. */
export type Eraser = (user: { id: number; uid: string }) => Statement[];
