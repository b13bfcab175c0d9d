// SPDX-License-Identifier: EUPL-1.2
// A Keycloak of its own for a story: started with nothing in it, told what to hold through its admin REST interface.

import { expect } from '@playwright/test';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Settings } from './konvent.ts';
import { freeTcpPort } from './server.ts';

const VERSION = '26.4.0';
const UNPACKED = fileURLToPath(new URL('../../target/interop', import.meta.url));
const HOME = `${UNPACKED}/keycloak-${VERSION}`;
const OPERATOR = { KC_BOOTSTRAP_ADMIN_USERNAME: 'operator', KC_BOOTSTRAP_ADMIN_PASSWORD: 'of a story' };

const DIRECTORY = 'konvent-directory';

export type Account = { username: string; firstName: string; lastName: string; groups?: string[] };

/** Keycloak's distribution, from the Maven repository. */
function unpack() {
  if (existsSync(`${HOME}/bin/kc.sh`)) return;
  rmSync(HOME, { recursive: true, force: true });
  mkdirSync(UNPACKED, { recursive: true });
  const artifact = `-Dartifact=org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  // Maven leaves marks where it runs.
  const options = { cwd: UNPACKED, stdio: 'inherit' } as const;
  execFileSync('mvn', ['-q', '-B', 'dependency:unpack', artifact, `-DoutputDirectory=${UNPACKED}`], options);
}

export class Keycloak {
  private child?: ChildProcess;
  private token = '';
  private tokenUntil = 0;

  private constructor(readonly url: string) {}

  static async start(): Promise<Keycloak> {
    unpack();
    const [port, management] = [await freeTcpPort(), await freeTcpPort()];
    const keycloak = new Keycloak(`http://127.0.0.1:${port}`);
    const words = ['start-dev', '--http-host', '127.0.0.1', '--http-port', `${port}`, '--db', 'dev-mem', '--cache', 'local'];
    words.push('--http-management-port', `${management}`);
    const env = { ...process.env, ...OPERATOR, JAVA_OPTS_KC_HEAP: '-Xms128m -Xmx512m' };
    // A group of its own: the script has children while it starts.
    const child = spawn(`${HOME}/bin/kc.sh`, words, { env, detached: true });
    keycloak.child = child;
    process.once('exit', () => void keycloak.stop());
    let text = '';
    await new Promise<void>((ready, failed) => {
      const read = (chunk: Buffer) => {
        text += chunk;
        if (text.includes('Listening on:')) ready();
      };
      child.stdout.on('data', read);
      child.stderr.on('data', read);
      child.once('close', (code) => failed(new Error(`Keycloak ended with ${code}:\n${text}`)));
    });
    return keycloak;
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('close', done));
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  }

  /** Through the admin interface; gives the answer's body and the id of what was made. */
  async admin<T = unknown>(method: string, path: string, body?: unknown): Promise<{ body: T; id: string }> {
    if (Date.now() > this.tokenUntil) {
      const { access_token, expires_in } = await this.grant('master', {
        grant_type: 'password',
        client_id: 'admin-cli',
        username: OPERATOR.KC_BOOTSTRAP_ADMIN_USERNAME,
        password: OPERATOR.KC_BOOTSTRAP_ADMIN_PASSWORD,
      });
      [this.token, this.tokenUntil] = [access_token, Date.now() + (expires_in - 10) * 1000];
    }
    const answer = await fetch(`${this.url}/admin/realms${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.token}`, 'Content-Type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    expect(answer.ok, `${method} ${path}: ${answer.status} ${text}`).toBe(true);
    const id = answer.headers.get('location')?.split('/').at(-1) ?? '';
    return { body: (text === '' ? null : JSON.parse(text)) as T, id };
  }

  async grant(realm: string, form: Record<string, string>): Promise<{ access_token: string; expires_in: number }> {
    const address = `${this.url}/realms/${realm}/protocol/openid-connect/token`;
    const answer = await fetch(address, { method: 'POST', body: new URLSearchParams(form) });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { access_token: string; expires_in: number };
  }

  /** What Konvent has to be told to log people of a realm in and to look for them; the realm may be made afterwards. */
  settings(realm: string, secret: string): Settings {
    return {
      IDENTITY_ISSUER: `${this.url}/realms/${realm}`,
      DIRECTORY_URL: `${this.url}/admin/realms/${realm}`,
      DIRECTORY_CLIENT_ID: DIRECTORY,
      DIRECTORY_CLIENT_SECRET: secret,
    };
  }

  /** A realm with people and with Konvent as its client. `logout`: Konvent as Keycloak itself reaches it. */
  async realm(name: string, konvent: string, password: string, people: Account[], logout = konvent): Promise<Realm> {
    await this.admin('POST', '', { realm: name, enabled: true, accessTokenLifespan: 60 });
    await this.admin('POST', `/${name}/clients`, {
      clientId: 'konvent-web',
      publicClient: true,
      standardFlowEnabled: true,
      directAccessGrantsEnabled: false,
      frontchannelLogout: false,
      redirectUris: [`${konvent}/auth/callback`],
      webOrigins: [konvent],
      attributes: {
        'pkce.code.challenge.method': 'S256',
        'post.logout.redirect.uris': `${konvent}/`,
        'backchannel.logout.url': `${logout}/v1/auth/logout`,
        'backchannel.logout.session.required': 'true',
      },
      protocolMappers: [audience(), groups()],
    });
    for (const { groups: names = [], ...account } of people) {
      for (const group of names) await this.admin('POST', `/${name}/groups`, { name: group });
      await this.admin('POST', `/${name}/users`, {
        ...account,
        email: `${account.username}@example.org`,
        emailVerified: true,
        enabled: true,
        credentials: [{ type: 'password', value: password, temporary: false }],
        groups: names,
      });
    }
    return new Realm(this, name);
  }
}

function audience() {
  const config = { 'included.client.audience': 'konvent-web', 'access.token.claim': 'true' };
  return { name: 'audience', protocol: 'openid-connect', protocolMapper: 'oidc-audience-mapper', config };
}

function groups() {
  const config = { 'claim.name': 'x_grp', 'full.path': 'false', 'access.token.claim': 'true' };
  return { name: 'groups', protocol: 'openid-connect', protocolMapper: 'oidc-group-membership-mapper', config };
}

export class Realm {
  constructor(
    readonly keycloak: Keycloak,
    readonly name: string,
  ) {}

  get issuer(): string {
    return `${this.keycloak.url}/realms/${this.name}`;
  }

  async idOf(username: string): Promise<string> {
    const found = await this.keycloak.admin<{ id: string }[]>('GET', `/${this.name}/users?exact=true&username=${username}`);
    return found.body[0]!.id;
  }

  async sessionsOf(username: string): Promise<string[]> {
    const path = `/${this.name}/users/${await this.idOf(username)}/sessions`;
    return (await this.keycloak.admin<{ id: string }[]>('GET', path)).body.map(({ id }) => id);
  }

  /** A program of the operator's with a role of the realm; gives an access token of its own. */
  async machine(clientId: string, role: string): Promise<string> {
    const secret = 'a secret of a story';
    const account = await this.serviceAccount(clientId, secret);
    await this.keycloak.admin('POST', `/${this.name}/roles`, { name: role });
    const given = (await this.keycloak.admin('GET', `/${this.name}/roles/${role}`)).body;
    await this.keycloak.admin('POST', `/${this.name}/users/${account}/role-mappings/realm`, [given]);
    const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret };
    return (await this.keycloak.grant(this.name, form)).access_token;
  }

  /** Konvent itself as a program that may list the people of the realm, and nothing else. */
  async directory(secret: string): Promise<void> {
    const account = await this.serviceAccount(DIRECTORY, secret);
    const path = `/${this.name}/clients?clientId=realm-management`;
    const management = (await this.keycloak.admin<{ id: string }[]>('GET', path)).body[0]!.id;
    const given = (await this.keycloak.admin('GET', `/${this.name}/clients/${management}/roles/view-users`)).body;
    await this.keycloak.admin('POST', `/${this.name}/users/${account}/role-mappings/clients/${management}`, [given]);
  }

  /** A confidential client; gives the id of the account that stands for it. */
  private async serviceAccount(clientId: string, secret: string): Promise<string> {
    const { id } = await this.keycloak.admin('POST', `/${this.name}/clients`, {
      clientId,
      secret,
      publicClient: false,
      serviceAccountsEnabled: true,
      standardFlowEnabled: false,
      protocolMappers: [audience()],
    });
    return (await this.keycloak.admin<{ id: string }>('GET', `/${this.name}/clients/${id}/service-account-user`)).body.id;
  }
}
