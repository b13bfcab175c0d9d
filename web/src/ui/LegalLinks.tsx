// SPDX-License-Identifier: EUPL-1.2

import styles from './legal.module.css';

/** Where a page leads for what the law wants there. */
export interface LegalLink {
  kind: 'imprint' | 'data_protection' | 'accessibility';
  href: string;
}

export interface LegalLinksProps {
  links: readonly LegalLink[];
  label: string;
  text: (kind: LegalLink['kind']) => string;
  /** Said of each link that opens a window of its own, so that nobody loses the page they are on; absent: it does not. */
  elsewhere?: string;
}

/** At the end of a page; nothing where there are none. */
export function LegalLinks({ links, label, text, elsewhere }: LegalLinksProps) {
  if (links.length === 0) return null;
  return (
    <nav aria-label={label} className={styles['legal']}>
      <ul>
        {links.map(({ kind, href }) => (
          <li key={kind}>
            <a href={href} {...(elsewhere === undefined ? {} : { target: '_blank', rel: 'noreferrer' })}>
              {text(kind)}
              {elsewhere === undefined ? null : <span className="sr-only"> ({elsewhere})</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
