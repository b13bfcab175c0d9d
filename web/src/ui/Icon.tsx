// SPDX-License-Identifier: EUPL-1.2

/** Line icons on 24 × 24, always beside or inside something that has a text. */
import type { ReactElement } from 'react';

const paths = {
  alert: 'M12 8v5M12 16.500v.01M10.3 4.2 2.7 17.500A2 2 0 0 0 4.4 20.500h15.200a2 2 0 0 0 1.7-3L13.7 4.200a2 2 0 0 0-3.4 0Z',
  back: 'm14.500 6-6 6 6 6',
  calendar: 'M7 3v4M17 3v4M3.5 10h17M5.5 5h13a2 2 0 0 1 2 2v11.500a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z',
  camera: 'M5 6.500h8.500a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 11l5.5-3.200v8.400L15.5 13',
  camera_off: 'M10 6.500h3.500a2 2 0 0 1 2 2V11l5.5-3.200v8.400L18 14.400M15.2 16.600a2 2 0 0 1-1.7.900H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2M3.5 3.500l17 17',
  chat: 'M4 5.500h16a1.5 1.5 0 0 1 1.5 1.500v9a1.5 1.5 0 0 1-1.5 1.500h-8L7 21v-3.500H4A1.5 1.5 0 0 1 2.5 16V7A1.5 1.5 0 0 1 4 5.500Z',
  check: 'm5 12.5 4.5 4.500L19 7.5',
  chevron: 'm6 9.5 6 6 6-6',
  poll: <path d="M4 20V11h4v9M10 20V4h4v16M16 20v-6h4v6M3 20h18" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.500V12l3 2" />
    </>
  ),
  close: 'm6 6 12 12M18 6 6 18',
  copy: 'M9.5 8.500h9a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2ZM4.5 15.500h-.500a1 1 0 0 1-1-1V5.500a2 2 0 0 1 2-2h9a1 1 0 0 1 1 1V5',
  grid: (
    <>
      <rect x="3.5" y="4.5" width="7.5" height="6.5" rx="1.5" />
      <rect x="13" y="4.5" width="7.5" height="6.5" rx="1.5" />
      <rect x="3.5" y="13" width="7.5" height="6.5" rx="1.5" />
      <rect x="13" y="13" width="7.5" height="6.5" rx="1.5" />
    </>
  ),
  hand: 'M8 12.500V6.200a1.4 1.4 0 0 1 2.8 0V11V4.900a1.4 1.4 0 0 1 2.8 0V11V5.900a1.4 1.4 0 0 1 2.8 0V12V8.900a1.4 1.4 0 0 1 2.8 0v5.600c0 3.8-2.6 6.5-6.2 6.5-2.8 0-4.4-1-5.8-3.300l-2.7-4.500a1.45 1.45 0 0 1 2.4-1.600L8 13.2',
  hang_up: 'M3.3 14.800c-1-1.8-.500-3.6 1.2-4.7 4.5-2.8 10.5-2.8 15 0 1.7 1.1 2.2 2.9 1.2 4.700l-.500.900a1 1 0 0 1-1.2.400l-3-1.100a1 1 0 0 1-.7-.9v-2a10.5 10.5 0 0 0-6.6 0v2a1 1 0 0 1-.7.900l-3 1.100a1 1 0 0 1-1.2-.400Z',
  info: 'M12 11v5.500M12 7.500v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  key: 'M14.5 9.500a5 5 0 1 0-4.3 4.95L12 16.300h2v2h2v2h4v-3.500l-6.1-6.100c.4-.6.6-1.4.6-1.200ZM8.5 8.500v.01',
  language: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c2.5 2.5 3.8 5.5 3.8 9s-1.3 6.5-3.8 9c-2.5-2.5-3.8-5.5-3.8-9S9.5 5.5 12 3Z',
  leave: 'M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9.5',
  link: 'M10 13.500a4 4 0 0 0 5.7.400l3-3A4 4 0 0 0 13 5.200l-1.2 1.200M14 10.500a4 4 0 0 0-5.7-.400l-3 3A4 4 0 0 0 11 18.800l1.2-1.2',
  lock: 'M6.5 11h11a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-11a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2ZM8 11V7.500a4 4 0 0 1 8 0V11',
  microphone: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3',
  microphone_off: 'M9 9v2a3 3 0 0 0 4.6 2.500M15 11V6a3 3 0 0 0-5.7-1.300M5.5 11.500a6.5 6.5 0 0 0 10.5 5.100M18.5 11.500c0 .9-.2 1.7-.5 2.500M12 18v3M3.5 3.500l17 17',
  moon: 'M20 14.500A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.500Z',
  more: <path d="M5.5 12h.01M12 12h.01M18.5 12h.01" strokeWidth="3" />,
  on: 'm9.500 6 6 6-6 6',
  people: 'M9 11.500a3.5 3.5 0 1 0 0-7 3.500 3.500 0 0 0 0 7ZM2.500 19.500a6.500 6.500 0 0 1 13 0M15.500 4.800a3.500 3.500 0 0 1 0 6.400M17.500 13.600a6.500 6.500 0 0 1 4 5.900',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.500a7.5 7.5 0 0 1 15 0',
  plus: 'M12 5v14M5 12h14',
  search: (
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5" />
    </>
  ),
  send: 'M4 12 3.5 4.5 21 12 3.5 19.500Zm0 0h8',
  settings: (
    <>
      <path d="M4 7h9M18 7h2M4 17h3M12 17h8" />
      <circle cx="15.5" cy="7" r="2.5" />
      <circle cx="9.5" cy="17" r="2.5" />
    </>
  ),
  share: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2" />
      <path d="M12 13.500v-6m-2.7 2.700L12 7.500l2.7 2.700M8.5 20h7" />
    </>
  ),
  shield: 'M12 3 4.5 6v5.500c0 4.5 3 8 7.5 9.5 4.5-1.5 7.5-5 7.5-9.500V6Zm-3 9 2.2 2.200L15.5 10',
  smile: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M8.5 14.200a4.2 4.2 0 0 0 7 0M9 9.500v.5M15 9.500v.5" />
    </>
  ),
  speaker: 'M4 9.500v5h3.500l5 4v-13l-5 4H4ZM16 9a4.2 4.2 0 0 1 0 6M18.5 6.500a7.8 7.8 0 0 1 0 11',
  speaker_view: (
    <>
      <rect x="3.5" y="4.5" width="17" height="9.5" rx="1.5" />
      <path d="M4.5 18.500h3M10.5 18.500h3M16.5 18.500h3" />
    </>
  ),
  star: 'm12 3.500 2.600 5.400 5.900.800-4.300 4.100 1 5.900-5.200-2.800-5.200 2.800 1-5.900L3.500 9.700l5.900-.800L12 3.500Z',
  star_on: 'm12 3.500 2.600 5.400 5.900.800-4.300 4.100 1 5.900-5.200-2.800-5.200 2.800 1-5.900L3.500 9.700l5.900-.800L12 3.500ZM8 10.500h8M9 13.500h6M9.500 16h5',
  success: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12.300l2.8 2.800L16 9.5',
  weak_line: 'M4 18v-3M9.3 18v-6M14.6 18V9M20 18V6M3 4l18 17',
} satisfies Record<string, string | ReactElement>;

export type IconName = keyof typeof paths;

/** One of the above, or what somebody draws themselves on the same ground: a feature brings its own. */
export type Glyph = IconName | ReactElement;

export function Icon({ name, size = 22 }: { name: Glyph; size?: number }) {
  const drawing = typeof name === 'string' ? paths[name] : name;
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {typeof drawing === 'string' ? <path d={drawing} /> : drawing}
    </svg>
  );
}
