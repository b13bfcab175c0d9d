// SPDX-License-Identifier: EUPL-1.2

/** What a person may paste to join: a link to a room, a guest link, or its code alone. */
export type Place = { kind: 'invite'; code: string } | { kind: 'room'; roomId: string; invite: string | undefined };

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Only the path and the code are read: the link's host never decides where the person goes. */
export function roomFromInput(input: string): Place | undefined {
  const text = input.trim();
  if (UUID.test(text)) return { kind: 'invite', code: text };
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `https://${text}`);
  } catch {
    return undefined;
  }
  const [, first, id = ''] = url.pathname.split('/');
  if (!UUID.test(id)) return undefined;
  if (first === 'invite') return { kind: 'invite', code: id };
  if (first !== 'room' && first !== 'lobby') return undefined;
  return { kind: 'room', roomId: id, invite: url.searchParams.get('invite') ?? undefined };
}
