// SPDX-License-Identifier: EUPL-1.2

/**
 * Passkeys of this browser and its devices. Newer browsers read and write the JSON of the standard themselves; for
 * others it is done here. No screen.
 */

export interface CredentialJson {
  id: string;
  [key: string]: unknown;
}

/** `cancelled`: by the person, or nobody came in time. `known`: the device has a passkey of this account. */
export class PasskeyProblem extends Error {
  constructor(readonly code: 'cancelled' | 'known' | 'failed') {
    super(code);
  }
}

/** Browsers know passkeys only on secure connections. */
export const knowsPasskeys = (): boolean => typeof PublicKeyCredential === 'function';

/** A passkey of the person's choice proves who they are. */
export async function usePasskey(options: PublicKeyCredentialRequestOptionsJSON): Promise<CredentialJson> {
  const publicKey = requestOptions(options);
  return ask(() => navigator.credentials.get({ publicKey }));
}

/** The device makes a new passkey. */
export async function makePasskey(options: PublicKeyCredentialCreationOptionsJSON): Promise<CredentialJson> {
  const publicKey = creationOptions(options);
  return ask(() => navigator.credentials.create({ publicKey }));
}

async function ask(dialog: () => Promise<Credential | null>): Promise<CredentialJson> {
  let credential: Credential | null;
  try {
    credential = await dialog();
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    if (name === 'NotAllowedError' || name === 'AbortError') throw new PasskeyProblem('cancelled');
    throw new PasskeyProblem(name === 'InvalidStateError' ? 'known' : 'failed');
  }
  if (credential === null) throw new PasskeyProblem('cancelled');
  return credentialJson(credential as PublicKeyCredential);
}

function requestOptions(json: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  if (typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function')
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  return {
    ...json,
    challenge: bytes(json.challenge),
    allowCredentials: descriptors(json.allowCredentials),
  } as PublicKeyCredentialRequestOptions;
}

function creationOptions(json: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  if (typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function')
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  return {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: descriptors(json.excludeCredentials),
  } as PublicKeyCredentialCreationOptions;
}

function descriptors(list: PublicKeyCredentialDescriptorJSON[] = []): PublicKeyCredentialDescriptor[] {
  return list.map((one) => ({ ...one, id: bytes(one.id) }) as PublicKeyCredentialDescriptor);
}

function credentialJson(credential: PublicKeyCredential): CredentialJson {
  if (typeof credential.toJSON === 'function') return credential.toJSON() as CredentialJson;
  const { id, rawId, type, authenticatorAttachment, response } = credential;
  const answer = response as Partial<AuthenticatorAttestationResponse & AuthenticatorAssertionResponse>;
  const parts = Object.entries({
    clientDataJSON: answer.clientDataJSON,
    attestationObject: answer.attestationObject,
    authenticatorData: answer.authenticatorData,
    signature: answer.signature,
    userHandle: answer.userHandle,
  }).flatMap(([name, part]) => (part ? [[name, base64url(part)]] : []));
  return {
    id,
    rawId: base64url(rawId),
    type,
    authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: { ...Object.fromEntries(parts), transports: answer.getTransports?.() ?? [] },
  };
}

export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));
}

export function base64url(buffer: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(buffer)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
