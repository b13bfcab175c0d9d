// SPDX-License-Identifier: EUPL-1.2
// Schemathesis makes requests from the OpenAPI document, valid and invalid ones, and compares the answers with it; as an
// ordinary person and as an administrator, on both databases.

import { expect, test } from '@playwright/test';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ADMIN, Konvent, PASSWORD } from '../../people/konvent.ts';
import { startPostgres } from '../../people/postgres.ts';
import { python } from '../../people/python.ts';

const PEOPLE = fileURLToPath(new URL('../../people', import.meta.url));
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
  'response_headers_conformance',
  'negative_data_rejection',
  'ignored_auth',
];

for (const database of ['SQLite', 'PostgreSQL']) {
  test.describe.serial(`the REST interface is as documented, on ${database}`, () => {
    let konvent: Konvent;
    let endDatabase = async () => {};
    const ids = new Map<string, string>();

    test.beforeAll(async () => {
      const settings: Record<string, string> = {};
      if (database === 'PostgreSQL') {
        const postgres = await startPostgres();
        [settings.DATABASE_URL, endDatabase] = [postgres.url, postgres.stop];
      }
      konvent = await Konvent.start(settings);
      for (const name of ['Bo', 'Cleo', 'Dora']) {
        await konvent.command(`${PASSWORD}\n`, 'users', 'add', `${name.toLowerCase()}@example.org`, '--name', name);
        const token = await konvent.logIn(`${name.toLowerCase()}@example.org`);
        ids.set(name, ((await (await konvent.ask('GET', '/v1/users/me', token)).json()) as { id: string }).id);
      }
    });

    test.afterAll(async () => {
      await konvent?.stop();
      await endDatabase();
    });

    for (const [who, email] of [['an ordinary person', 'bo@example.org'], ['an administrator', ADMIN]] as const) {
      test(`for ${who}`, async () => {
        test.setTimeout(600_000);
        const administrator = await konvent.logIn(ADMIN);
        const caller = await konvent.logIn(email);
        const words = [
          ...['run', `${konvent.url}/v1/openapi.json`, '--header', `Authorization: Bearer ${caller}`],
          ...['--phases', 'coverage,fuzzing', '--max-examples', process.env.INTEROP_EXAMPLES ?? '10'],
          ...['--checks', CHECKS.join(), '--continue-on-failure', '--warnings', 'off'],
          // It would end the caller, and all that comes after.
          ...['--exclude-operation-id', 'delete_users_me'],
          ...['--generation-database', 'none', '--no-color'],
        ];
        const child = spawn(`${python()}/st`, words, {
          // It keeps a folder where it runs.
          cwd: konvent.data,
          env: {
            ...process.env,
            // Playwright asks for colours; then schemathesis draws its progress.
            FORCE_COLOR: undefined,
            TERM: 'dumb',
            PYTHONPATH: PEOPLE,
            PYTHONDONTWRITEBYTECODE: '1',
            SCHEMATHESIS_HOOKS: 'existing',
            CALLER_TOKEN: caller,
            ADMINISTRATOR_TOKEN: administrator,
            COLLEAGUE_ID: ids.get('Cleo'),
            STRANGER_ID: ids.get('Dora'),
          },
        });
        let said = '';
        child.stdout.on('data', (chunk) => (said += chunk));
        child.stderr.on('data', (chunk) => (said += chunk));
        const code = await new Promise((ended) => child.once('close', ended));
        expect(code, said).toBe(0);
        expect(konvent.text).not.toMatch(/ ERROR |panicked/);
      });
    }
  });
}
