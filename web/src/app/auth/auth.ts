// SPDX-License-Identifier: EUPL-1.2
/**
 * Login with OpenID Connect: authorization code with PKCE, rotating refresh tokens. It knows no React and no page.
 * The one rule: the access token lives in memory only, and a refresh happens in one tab at a time, because a refresh
 * token used twice ends the login.
 */
import { deadline } from '../../api/deadline';
import type { Kept } from '../../storage';
import { challengeOf, randomText } from './pkce';

export interface OidcConfig {
  authority: string;
  clientId: string;
  /** Path below this page's origin. */
  redirectPath: string;
  scope: string;
}

interface Discovery {
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint?: string;
}

interface TokenAnswer {
  access_token: string;
  refresh_token?: string;
  id_token?: string;
  expires_in?: number;
}

interface Pending {
  verifier: string;
  state: string;
  nonce: string;
  returnTo: string;
}

/** What survives a reload. */
interface Stored {
  refreshToken?: string;
  idToken?: string;
}

/** What the outside world gives; a test gives its own. */
export interface World {
  fetch: typeof fetch;
  now: () => number;
  origin: string;
  navigate: (href: string) => void;
  /** Kept across tabs. */
  lasting: Kept;
  /** Kept for this tab. */
  passing: Kept;
  /** Runs one at a time over all tabs of this origin. */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
}

/** The login cannot go on; `code` says why: `login_expired`, `login_refused`, `provider_unreachable`. */
export class LoginProblem extends Error {
  constructor(readonly code: 'login_expired' | 'login_refused' | 'provider_unreachable') {
    super(code);
  }
}

/** Where the login is stored. Nothing is there when somebody has logged out. */
export const STORED = 'konvent.login';
/** There instead of a login that the provider has ended. */
const ENDED = '{}';
const PENDING = 'konvent.login.pending';
/** Renewed this long before the end, so that a request under way does not outlive its token. */
const MARGIN_MS = 30_000;

export class Auth {
  private discovery?: Promise<Discovery>;
  private access?: { token: string; until: number };
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly config: OidcConfig,
    private readonly world: World,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  signedIn = (): boolean => this.access !== undefined || this.stored().refreshToken !== undefined;

  /** Nobody has logged out: the provider has ended the login, and whose it was may want to go on. */
  ended = (): boolean => !this.signedIn() && this.world.lasting.getItem(STORED) !== null;

  /** Who is logged in, in the provider's words. */
  account = (): string | undefined => (this.signedIn() ? claimsOf(this.stored().idToken ?? '').sub : undefined);

  /** What has come into the place of the login, in this tab or another: a new one, its renewal, its end. */
  follow(stored: string | null): void {
    if (stored === null || stored === ENDED) this.access = undefined;
    this.tell();
  }

  /** Leaves this page for the provider's login. */
  async signIn(returnTo: string, prompt?: 'login'): Promise<void> {
    this.world.navigate(await this.authorization(returnTo, prompt));
  }

  /** The address of a login that begins now (OpenID Connect Core section 3.1.2.1), of which this tab knows. */
  async authorization(returnTo: string, prompt?: 'login'): Promise<string> {
    const discovery = await this.discover();
    const pending: Pending = { verifier: randomText(), state: randomText(), nonce: randomText(), returnTo };
    this.world.passing.setItem(PENDING, JSON.stringify(pending));
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: this.config.clientId,
      redirect_uri: this.redirectUri(),
      scope: this.config.scope,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await challengeOf(pending.verifier),
      code_challenge_method: 'S256',
    });
    if (prompt) query.set('prompt', prompt);
    return `${discovery.authorization_endpoint}?${query}`;
  }

  /** Takes the provider's answer; returns the path to go on with. */
  async finishSignIn(href: string): Promise<string> {
    const query = new URL(href).searchParams;
    const kept = this.world.passing.getItem(PENDING);
    this.world.passing.removeItem(PENDING);
    const pending = read<Pending>(kept);
    if (!pending || query.get('state') !== pending.state) throw new LoginProblem('login_expired');
    const code = query.get('code');
    if (!code) throw new LoginProblem('login_refused');
    const form = { grant_type: 'authorization_code', code, redirect_uri: this.redirectUri(), code_verifier: pending.verifier };
    const answer = await this.token(form, deadline());
    if (!answer) throw new LoginProblem('login_refused');
    if (answer.id_token && claimsOf(answer.id_token).nonce !== pending.nonce) throw new LoginProblem('login_refused');
    this.keep(answer);
    return pending.returnTo.startsWith('/') && !pending.returnTo.startsWith('//') ? pending.returnTo : '/';
  }

  /**
   * A token for `Authorization: Bearer`, renewed when needed; none if nobody is logged in. `refused`: the server takes
   * this one no more. Of several requests refused with it, the first has it renewed.
   */
  async accessToken(refused?: string): Promise<string | undefined> {
    if (refused !== undefined && this.access?.token === refused) {
      this.access = undefined;
      if (!this.signedIn()) this.tell();
    }
    if (this.fresh()) return this.access?.token;
    if (!this.stored().refreshToken) return undefined;
    return this.world.alone(async () => {
      if (this.fresh()) return this.access?.token;
      // Read again: another tab may have renewed and stored a newer one while this one waited.
      const refreshToken = this.stored().refreshToken;
      if (!refreshToken) return undefined;
      const answer = await this.token({ grant_type: 'refresh_token', refresh_token: refreshToken });
      if (answer) {
        this.keep(answer);
      } else {
        this.world.lasting.setItem(STORED, ENDED);
        this.follow(ENDED);
      }
      return this.access?.token;
    });
  }

  /** What this browser keeps of the login goes, in every tab. */
  forget(): void {
    this.world.lasting.removeItem(STORED);
    this.follow(null);
  }

  /** Ends the login here and at the provider. */
  async signOut(): Promise<void> {
    const { idToken } = this.stored();
    this.forget();
    const discovery = await this.discover().catch(() => undefined);
    if (!discovery?.end_session_endpoint) {
      this.world.navigate('/');
      return;
    }
    const query = new URLSearchParams({
      client_id: this.config.clientId,
      post_logout_redirect_uri: `${this.world.origin}/`,
    });
    if (idToken) query.set('id_token_hint', idToken);
    this.world.navigate(`${discovery.end_session_endpoint}?${query}`);
  }

  private fresh(): boolean {
    return this.access !== undefined && this.access.until - MARGIN_MS > this.world.now();
  }

  private redirectUri(): string {
    return `${this.world.origin}${this.config.redirectPath}`;
  }

  private discover(): Promise<Discovery> {
    this.discovery ??= this.world
      .fetch(`${this.config.authority}/.well-known/openid-configuration`, { signal: deadline() })
      .then(async (response) => {
        if (!response.ok) throw new LoginProblem('provider_unreachable');
        return (await response.json()) as Discovery;
      })
      .catch(() => {
        this.discovery = undefined;
        throw new LoginProblem('provider_unreachable');
      });
    return this.discovery;
  }

  /**
   * None when the provider refuses; throws when it cannot be reached, so that a login outlives a broken network. `end`: a
   * renewal has none, because the provider may have made the next token already.
   */
  private async token(form: Record<string, string>, end?: AbortSignal): Promise<TokenAnswer | undefined> {
    const { token_endpoint } = await this.discover();
    let response: Response;
    try {
      response = await this.world.fetch(token_endpoint, {
        method: 'POST',
        body: new URLSearchParams({ ...form, client_id: this.config.clientId }),
        ...(end ? { signal: end } : {}),
      });
    } catch {
      throw new LoginProblem('provider_unreachable');
    }
    if (response.ok) return (await response.json()) as TokenAnswer;
    if (response.status >= 500 || response.status === 429) throw new LoginProblem('provider_unreachable');
    return undefined;
  }

  private stored(): Stored {
    return read<Stored>(this.world.lasting.getItem(STORED)) ?? {};
  }

  private keep(answer: TokenAnswer): void {
    const lifetime = answer.expires_in ?? claimsOf(answer.access_token).lifetime ?? 60;
    this.access = { token: answer.access_token, until: this.world.now() + lifetime * 1000 };
    const before = this.stored();
    const stored: Stored = {
      refreshToken: answer.refresh_token ?? before.refreshToken,
      idToken: answer.id_token ?? before.idToken,
    };
    this.world.lasting.setItem(STORED, JSON.stringify(stored));
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** What was stored; nothing when it is not what this page writes. */
function read<T extends object>(text: string | null): T | undefined {
  try {
    const value = JSON.parse(text ?? 'null') as T | null;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a JWT's payload without checking it: the server checks; the page only needs lifetime, nonce and whose it is. */
function claimsOf(token: string): { sub?: string; nonce?: string; lifetime?: number } {
  try {
    const payload = token.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? '';
    const claims = JSON.parse(atob(payload)) as { sub?: string; nonce?: string; iat?: number; exp?: number };
    const lifetime = claims.exp !== undefined && claims.iat !== undefined ? claims.exp - claims.iat : undefined;
    return { sub: claims.sub, nonce: claims.nonce, lifetime };
  } catch {
    return {};
  }
}
