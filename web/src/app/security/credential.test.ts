// SPDX-License-Identifier: EUPL-1.2
import { afterEach, describe, expect, it, vi } from 'vitest';
import { base64url, bytes, makePasskey, PasskeyProblem, usePasskey } from './credential';

afterEach(() => vi.unstubAllGlobals());

const buffer = (...values: number[]) => new Uint8Array(values).buffer;

/** A browser that knows passkeys, but not their JSON. */
function browser(answer: () => Promise<unknown>) {
  const asked: unknown[] = [];
  const dialog = (options: unknown) => {
    asked.push(options);
    return answer();
  };
  vi.stubGlobal('PublicKeyCredential', function PublicKeyCredential() {});
  vi.stubGlobal('navigator', { credentials: { get: dialog, create: dialog } });
  return asked;
}

describe('passkeys in a browser without JSON', () => {
  it('reads and writes bytes as the standard does', () => {
    expect(base64url(buffer(251, 255, 254))).toBe('-__-');
    expect([...bytes('-__-')]).toEqual([251, 255, 254]);
    expect([...bytes('AQ')]).toEqual([1]);
  });

  it('makes one', async () => {
    const response = {
      clientDataJSON: buffer(1),
      attestationObject: buffer(2),
      getTransports: () => ['internal'],
    };
    const asked = browser(() =>
      Promise.resolve({ id: 'AQ', rawId: buffer(1), type: 'public-key', authenticatorAttachment: null, response, getClientExtensionResults: () => ({}) }),
    );
    const user = { id: 'Ag', name: 'a', displayName: 'A' };
    const made = await makePasskey({
      challenge: 'AQ',
      user,
      rp: { name: 'Konvent' },
      pubKeyCredParams: [],
      excludeCredentials: [{ id: 'Aw', type: 'public-key' }],
    });
    expect(asked).toEqual([
      {
        publicKey: expect.objectContaining({
          challenge: new Uint8Array([1]),
          user: { ...user, id: new Uint8Array([2]) },
          excludeCredentials: [{ id: new Uint8Array([3]), type: 'public-key' }],
        }),
      },
    ]);
    expect(made).toMatchObject({
      id: 'AQ',
      rawId: 'AQ',
      response: { clientDataJSON: 'AQ', attestationObject: 'Ag', transports: ['internal'] },
    });
  });

  it('uses one', async () => {
    const response = { clientDataJSON: buffer(1), authenticatorData: buffer(2), signature: buffer(3), userHandle: null };
    const asked = browser(() =>
      Promise.resolve({ id: 'AQ', rawId: buffer(1), type: 'public-key', response, getClientExtensionResults: () => ({}) }),
    );
    const used = await usePasskey({ challenge: 'AQ' });
    expect(asked).toEqual([{ publicKey: { challenge: new Uint8Array([1]), allowCredentials: [] } }]);
    expect(used['response']).toEqual({ clientDataJSON: 'AQ', authenticatorData: 'Ag', signature: 'Aw', transports: [] });
  });

  it.each([
    ['NotAllowedError', 'cancelled'],
    ['InvalidStateError', 'known'],
    ['SecurityError', 'failed'],
  ])('tells %s as %s', async (name, code) => {
    browser(() => Promise.reject(new DOMException('', name)));
    const problem = await usePasskey({ challenge: 'AQ' }).catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(PasskeyProblem);
    expect((problem as PasskeyProblem).code).toBe(code);
  });
});
