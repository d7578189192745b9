/** How large the proof is; a small one says whether it runs. */
export interface Settings {
  /** Resource servers, and the processes that they are spread over. */
  servers: number;
  processes: number;
  /** Of the parts that take as many as wanted. */
  blocks: number;
  /** Milliseconds between two requests of a server in the part that leaves the machine some air. */
  pauseMs: number;
  leaseMs: number;
  /** Then it gives up. */
  limitMinutes: number;
}

/** @throws for what is no positive whole number */
export function readSettings(environment: NodeJS.ProcessEnv): Settings {
  const whole = (name: string, otherwise: number): number => {
    const value = Number(environment[name] ?? otherwise);
    if (!Number.isInteger(value) || value < 1) throw new Error(`${name} must be a positive whole number`);
    return value;
  };
  return {
    servers: whole('BENCH_GUARDS', 200),
    processes: whole('BENCH_GUARD_PROCESSES', 4),
    blocks: whole('BENCH_BLOCKS', 200),
    pauseMs: whole('BENCH_GUARD_PAUSE_MS', 50),
    leaseMs: whole('BENCH_LEASE_MS', 5_000),
    limitMinutes: whole('BENCH_LIMIT_MINUTES', 45),
  };
}
