// SPDX-License-Identifier: EUPL-1.2
// LiveKit access tokens, good and bad ones (docs.livekit.io, "Authentication": HS256 JWT with a `video` grant).

import { createHmac } from 'node:crypto';

export type Grant = {
  roomJoin?: boolean;
  room?: string;
  canPublish?: boolean;
  canSubscribe?: boolean;
  canPublishData?: boolean;
  canPublishSources?: string[];
  canUpdateOwnMetadata?: boolean;
  hidden?: boolean;
};

export type Claims = {
  iss?: string;
  sub?: string;
  name?: string;
  metadata?: string;
  attributes?: Record<string, string>;
  nbf?: number;
  exp?: number;
  video?: Grant;
};

export const seconds = () => Math.floor(Date.now() / 1000);

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function sign(claims: Claims, secret: string, header: object = { alg: 'HS256', typ: 'JWT' }): string {
  const content = `${encode(header)}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

/** A token whose header claims that no signature is needed. */
export function unsigned(claims: Claims): string {
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`;
}
