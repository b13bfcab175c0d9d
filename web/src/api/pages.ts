// SPDX-License-Identifier: EUPL-1.2

/** What a `Link` header says of the other pages of a list: for each relation the parameters of its address. */
export type Links = Readonly<Record<string, URLSearchParams>>;

export function linksOf(header: string | null): Links {
  const links: Record<string, URLSearchParams> = {};
  for (const [, address = '', rel = ''] of (header ?? '').matchAll(/<([^>]*)>\s*;\s*rel="([^"]*)"/g))
    links[rel] = new URLSearchParams(address.slice(address.indexOf('?') + 1));
  return links;
}
