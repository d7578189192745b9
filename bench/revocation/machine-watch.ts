import { cpus } from 'node:os';

export const processors = cpus().length;

export interface MachineWatch {
  /** How much of all processors was in use since it was opened, by whomever: 0 to 1. */
  share(): number;
}

export function openMachineWatch(): MachineWatch {
  const before = read();
  return {
    share() {
      const { busy, all } = read();
      return (busy - before.busy) / (all - before.all);
    },
  };
}

function read(): { busy: number; all: number } {
  const times = cpus().map(({ times: { user, nice, sys, irq, idle } }) => ({
    busy: user + nice + sys + irq,
    idle,
  }));
  const busy = times.reduce((sum, time) => sum + time.busy, 0);
  return { busy, all: times.reduce((sum, { idle }) => sum + idle, busy) };
}
