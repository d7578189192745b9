import { performance } from 'node:perf_hooks';

/** Told as each part is up. */
export type Progress = (part: string, tookMs: number) => void;

/** Parts that are started one after the other and stopped in reverse, also halfway through the start. */
export interface PartList {
  /** Aborted once all of it is to end. */
  readonly signal: AbortSignal;
  /** Starts a part. @throws where the start was interrupted meanwhile */
  add<T>(name: string, start: () => Promise<T>, stop?: (made: T) => Promise<void>): Promise<T>;
  /** Something to undo at the end, in its turn. */
  onStop(undo: () => Promise<void>): void;
  /** Reports a part as failed if it ends while the others run. */
  watch(name: string, ended: Promise<unknown>): void;
  /** Settles with words for people when a watched part has ended. */
  readonly failed: Promise<string>;
  /** Keeps new parts from starting. */
  interrupt(): void;
  /** Undoes everything, the latest first. */
  stop(): Promise<void>;
}

export function createPartList(progress: Progress): PartList {
  const undos: (() => Promise<void>)[] = [];
  const interruption = new AbortController();
  const { signal } = interruption;
  let report: (reason: string) => void;
  const failed = new Promise<string>((resolve) => {
    report = resolve;
  });
  return {
    signal,
    failed,
    async add(name, start, stop) {
      signal.throwIfAborted();
      const began = performance.now();
      const made = await start();
      if (stop) undos.push(() => stop(made));
      progress(name, performance.now() - began);
      return made;
    },
    onStop: (undo) => void undos.push(undo),
    watch(name, ended) {
      void ended.then(() => {
        if (!signal.aborted) report(`The ${name} has ended by itself.`);
      });
    },
    interrupt: () => interruption.abort(new Error('Interrupted while starting.')),
    async stop() {
      for (let undo = undos.pop(); undo; undo = undos.pop()) await undo();
    },
  };
}
