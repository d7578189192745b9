import { createRequire } from 'node:module';
import { isAbsolute } from 'node:path';
import JestRuntime from 'jest-runtime';

/**
 * Loads libraries once for each worker and not once for each test file, which is a second of work every time. Our own
 * modules are each file's own, as everywhere.
 */
export default class SharedLibraries extends JestRuntime {
  requireModuleOrMock(from, name) {
    return isLibrary(name) ? createRequire(from)(name) : super.requireModuleOrMock(from, name);
  }
}

/** `yaml` stands for one of ours (see jest.config.cjs). */
const isLibrary = (name) => !/^(\.|node:|@jest\/|yaml$)/.test(name) && !isAbsolute(name);
