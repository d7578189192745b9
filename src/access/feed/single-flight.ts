/**
 * One run for all who ask while none has begun: whoever asks gets one that begins after it was asked for, so that nothing
 * of what was there before is missed. @param limitMs after which a run is given up, and the next one may begin
 */
export function singleFlight(run: () => Promise<void>, limitMs: number, tooLate: () => Error) {
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  const begin = (): Promise<void> => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(tooLate()), limitMs);
    });
    const begun = Promise.race([run(), late]).finally(() => {
      clearTimeout(timer);
      running = null;
    });
    running = begun;
    return begun;
  };

  return (): Promise<void> => {
    if (!running) return begin();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null;
        return begin();
      });
    return next;
  };
}
