import vm from 'node:vm';
import { ModernFakeTimers } from '@jest/fake-timers';
import { ModuleMocker } from 'jest-mock';

/** Contexts that stand for the worker's own. */
const own = new WeakSet();
const compileFunction = vm.compileFunction;
vm.compileFunction = (source, parameters, { parsingContext, ...options } = {}) =>
  compileFunction(source, parameters, own.has(parsingContext) ? options : { ...options, parsingContext });

/**
 * A test environment without a realm of its own: what a library that was loaded once throws or makes is an `Error` or a
 * `Date` for every test file (see `shared-libraries.mjs`).
 */
export default class OneRealm {
  constructor({ projectConfig }) {
    this.global = globalThis;
    this.context = vm.createContext({});
    own.add(this.context);
    this.moduleMocker = new ModuleMocker(globalThis);
    this.fakeTimers = null;
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis });
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose();
  }

  getVmContext() {
    return this.context;
  }

  exportConditions() {
    return ['node', 'node-addons'];
  }
}
