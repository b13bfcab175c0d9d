// SPDX-License-Identifier: EUPL-1.2
import { describe, expect, it } from 'vitest';
import { Auth, type World } from './auth';
import { challengeOf } from './pkce';

function storage(): Storage {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  } as Storage;
}

function jwt(claims: object): string {
  return `e30.${btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.x`;
}

/** A provider that answers as the specification says and remembers the forms it was sent. */
function provider(answer: (form: URLSearchParams) => { status: number; body: object }) {
  const forms: URLSearchParams[] = [];
  const send = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    if (String(address).endsWith('/.well-known/openid-configuration'))
      return Response.json({
        authorization_endpoint: 'https://id.example/authorize',
        token_endpoint: 'https://id.example/token',
        end_session_endpoint: 'https://id.example/end',
      });
    const form = init?.body as URLSearchParams;
    forms.push(form);
    const { status, body } = answer(form);
    return Response.json(body, { status });
  };
  return { forms, send };
}

function browser(send: World['fetch'], lasting = storage()) {
  const went: string[] = [];
  let queue: Promise<unknown> = Promise.resolve();
  const world: World & { time: number } = {
    time: 0,
    fetch: send,
    now: () => world.time,
    origin: 'https://konvent.example',
    navigate: (href) => void went.push(href),
    lasting,
    passing: storage(),
    alone: (work) => {
      const turn = queue.then(work, work);
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
  const auth = new Auth(
    { authority: 'https://id.example', clientId: 'konvent-web', redirectPath: '/auth/callback', scope: 'openid' },
    world,
  );
  return { auth, went, world };
}

async function signedIn(tokens: (form: URLSearchParams) => { status: number; body: object }, lasting = storage()) {
  const { forms, send } = provider(tokens);
  const { auth, went, world } = browser(send, lasting);
  await auth.signIn('/room/1');
  const asked = new URL(went[0] ?? '').searchParams;
  return { auth, asked, forms, went, world, state: asked.get('state') ?? '', nonce: asked.get('nonce') ?? '' };
}

describe('login', () => {
  it('sends the verifier that belongs to its challenge and comes back to where it began', async () => {
    let nonce = '';
    const login = await signedIn(() => ({
      status: 200,
      body: { access_token: 'a', refresh_token: 'r', id_token: jwt({ nonce }), expires_in: 300 },
    }));
    nonce = login.nonce;
    const back = await login.auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${login.state}`);
    expect(back).toBe('/room/1');
    expect(await challengeOf(login.forms[0]?.get('code_verifier') ?? '')).toBe(login.asked.get('code_challenge'));
    expect(await login.auth.accessToken()).toBe('a');
  });

  it('refuses an answer to a question it did not ask', async () => {
    const login = await signedIn(() => ({ status: 200, body: { access_token: 'a' } }));
    await expect(login.auth.finishSignIn('https://konvent.example/auth/callback?code=c&state=other')).rejects.toThrow(
      'login_expired',
    );
    expect(login.forms).toHaveLength(0);
  });

  it('refuses an identity token made for another login', async () => {
    const login = await signedIn(() => ({ status: 200, body: { access_token: 'a', id_token: jwt({ nonce: 'x' }) } }));
    const href = `https://konvent.example/auth/callback?code=c&state=${login.state}`;
    await expect(login.auth.finishSignIn(href)).rejects.toThrow('login_refused');
    expect(login.auth.signedIn()).toBe(false);
  });

  it('renews once however many requests wait for the token', async () => {
    let count = 0;
    const { auth, forms, state, world } = await signedIn(() => {
      count += 1;
      return { status: 200, body: { access_token: `a${count}`, refresh_token: `r${count}`, expires_in: 60 } };
    });
    await auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${state}`);
    world.time = 60_000;
    expect(await Promise.all([auth.accessToken(), auth.accessToken()])).toEqual(['a2', 'a2']);
    expect(forms.map((form) => form.get('grant_type'))).toEqual(['authorization_code', 'refresh_token']);
    expect(forms[1]?.get('refresh_token')).toBe('r1');
  });

  it('ends when the provider refuses the refresh token', async () => {
    const { auth, state, world } = await signedIn((form) =>
      form.get('grant_type') === 'refresh_token'
        ? { status: 400, body: { error: 'invalid_grant' } }
        : { status: 200, body: { access_token: 'a', refresh_token: 'r', expires_in: 60 } },
    );
    await auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${state}`);
    world.time = 60_000;
    expect(await auth.accessToken()).toBeUndefined();
    expect(auth.signedIn()).toBe(false);
  });

  it('renews a refused token once, whoever else was refused with it', async () => {
    let count = 0;
    const { auth, forms, state } = await signedIn(() => {
      count += 1;
      return { status: 200, body: { access_token: `a${count}`, refresh_token: `r${count}`, expires_in: 60 } };
    });
    await auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${state}`);
    expect(await Promise.all([auth.accessToken('a1'), auth.accessToken('a1')])).toEqual(['a2', 'a2']);
    expect(await auth.accessToken('a1')).toBe('a2');
    expect(forms).toHaveLength(2);
  });

  it('ends when a token is refused and there is no other', async () => {
    const lasting = storage();
    const { auth, state } = await signedIn(
      (form) =>
        form.get('grant_type') === 'refresh_token'
          ? { status: 400, body: { error: 'invalid_grant' } }
          : { status: 200, body: { access_token: 'a', refresh_token: 'r', expires_in: 60 } },
      lasting,
    );
    await auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${state}`);
    const told: boolean[] = [];
    auth.subscribe(() => told.push(auth.signedIn()));
    expect(await auth.accessToken('a')).toBeUndefined();
    expect(told).toEqual([false]);
  });

  it('ends when a token is refused after another tab has logged out', async () => {
    const lasting = storage();
    const { auth, state } = await signedIn(() => ({ status: 200, body: { access_token: 'a', refresh_token: 'r' } }), lasting);
    await auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${state}`);
    lasting.removeItem('konvent.login');
    const told: boolean[] = [];
    auth.subscribe(() => told.push(auth.signedIn()));
    expect(await auth.accessToken('a')).toBeUndefined();
    expect(told).toEqual([false]);
    expect(auth.ended()).toBe(false);
  });

  /** Two tabs of one browser: what one stores, the other is told. */
  async function tabs() {
    const lasting = storage();
    let sub = 'anna';
    let refuse = false;
    let nonce = '';
    const tokens = (form: URLSearchParams) =>
      refuse && form.get('grant_type') === 'refresh_token'
        ? { status: 400, body: { error: 'invalid_grant' } }
        : { status: 200, body: { access_token: `of ${sub}`, refresh_token: 'r', id_token: jwt({ sub, nonce }), expires_in: 60 } };
    const first = await signedIn(tokens, lasting);
    const second = await signedIn(tokens, lasting);
    const logIn = async (tab: typeof first, who: string) => {
      sub = who;
      nonce = tab.nonce;
      await tab.auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${tab.state}`);
    };
    await logIn(first, 'anna');
    return {
      first: first.auth,
      second: second.auth,
      logInInSecond: (who: string) => logIn(second, who),
      hear: () => first.auth.follow(lasting.getItem('konvent.login')),
      endAtProvider: () => (refuse = true),
      askedByFirst: first.forms,
    };
  }

  it('may go on when the provider has ended it, whichever tab has noticed', async () => {
    const { first, second, logInInSecond, hear, endAtProvider } = await tabs();
    expect(first.account()).toBe('anna');
    endAtProvider();
    expect(await second.accessToken()).toBeUndefined();
    hear();
    expect([first.signedIn(), first.ended(), first.account()]).toEqual([false, true, undefined]);
    expect(second.ended()).toBe(true);
    await logInInSecond('anna');
    hear();
    expect([first.signedIn(), first.ended(), first.account()]).toEqual([true, false, 'anna']);
  });

  it('is over at once, and not to be gone on with, when another tab has logged out', async () => {
    const { first, second, hear } = await tabs();
    await second.signOut();
    hear();
    expect([first.signedIn(), first.ended()]).toEqual([false, false]);
  });

  it('tells when another tab has logged in somebody else', async () => {
    const { first, logInInSecond, hear } = await tabs();
    await logInInSecond('berta');
    const told: (string | undefined)[] = [];
    first.subscribe(() => told.push(first.account()));
    hear();
    expect(told).toEqual(['berta']);
  });

  it('keeps its token when another tab renews the login', async () => {
    const { first, second, hear, askedByFirst } = await tabs();
    await second.accessToken();
    hear();
    expect(await first.accessToken()).toBe('of anna');
    expect(askedByFirst.map((form) => form.get('grant_type'))).toEqual(['authorization_code']);
  });

  it('survives a provider that is down for a while', async () => {
    let down = false;
    const { auth, state, world } = await signedIn(() =>
      down ? { status: 503, body: {} } : { status: 200, body: { access_token: 'a', refresh_token: 'r', expires_in: 60 } },
    );
    await auth.finishSignIn(`https://konvent.example/auth/callback?code=c&state=${state}`);
    world.time = 60_000;
    down = true;
    await expect(auth.accessToken()).rejects.toThrow('provider_unreachable');
    down = false;
    expect(await auth.accessToken()).toBe('a');
  });
});
