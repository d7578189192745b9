import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const project = join(__dirname, '../..');
const TEMPLATES = 'src/email/templates';

const filesBelow = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('what is built', () => {
  it('has the templates of the e-mails beside the compiled files, which the compiler does not copy', () => {
    const folder = mkdtempSync(join(tmpdir(), 'build-'));
    try {
      cpSync(join(project, 'package.json'), join(folder, 'package.json'));
      cpSync(join(project, TEMPLATES), join(folder, TEMPLATES), { recursive: true });
      execFileSync('npm', ['run', '--silent', 'build:templates'], { cwd: folder, stdio: 'pipe' });
      expect(filesBelow(join(folder, 'dist', TEMPLATES))).toEqual(filesBelow(join(project, TEMPLATES)));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('is all of it made by one command, and shipped', () => {
    const { scripts, files } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
      files: string[];
    };
    expect(scripts.build).toContain('build:templates');
    expect(files).toContain('dist');
    expect(readFileSync(join(project, 'deploy/Dockerfile'), 'utf8')).toMatch(
      /^COPY src src$[^]*^RUN npm run build$/m,
    );
  });
});
