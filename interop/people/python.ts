// SPDX-License-Identifier: EUPL-1.2
// Python programs of others: a virtual environment with what `requirements.txt` names, made anew when that changed.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** The folder of the environment's programs. */
export function python(): string {
  const [venv, wanted] = [path('venv'), readFileSync(path('people/requirements.txt'), 'utf8')];
  const made = `${venv}/made-from.txt`;
  if (!existsSync(made) || readFileSync(made, 'utf8') !== wanted) {
    rmSync(venv, { recursive: true, force: true });
    try {
      execFileSync('python3', ['-m', 'venv', venv], { stdio: 'pipe' });
    } catch {
      throw new Error('Python 3.10 or newer with its venv module is needed (Debian: apt-get install python3-venv)');
    }
    execFileSync(`${venv}/bin/pip`, ['install', '--quiet', '--disable-pip-version-check', '-r', path('people/requirements.txt')]);
    writeFileSync(made, wanted);
  }
  return `${venv}/bin`;
}
