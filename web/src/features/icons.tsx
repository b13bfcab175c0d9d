// SPDX-License-Identifier: EUPL-1.2

/** Line icons of the meeting, drawn on 24 × 24. They never carry meaning alone: a text stands beside or in the label. */
import type { ReactNode } from 'react';

const paths = {
  microphone: (
    <>
      <rect x="9" y="3" width="6" height="11" rx="3" />
      <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
    </>
  ),
  microphone_off: (
    <>
      <path d="M9 9v2a3 3 0 0 0 4.6 2.5M15 11V6a3 3 0 0 0-5.7-1.3" />
      <path d="M5.5 11.5A6.5 6.5 0 0 0 16 16.6M18.5 11.5c0 .9-.2 1.7-.5 2.500M12 18v3M3.5 3.500l17 17" />
    </>
  ),
  camera: (
    <>
      <rect x="3" y="6.5" width="12.5" height="11" rx="2.5" />
      <path d="m15.5 11 5-3v8l-5-3" />
    </>
  ),
  camera_off: (
    <>
      <path d="M10 6.500h3a2.5 2.5 0 0 1 2.5 2.500v2l5-3v8l-2.5-1.500M15 16.600a2.5 2.5 0 0 1-2 .900H5.500A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2.5-2.5" />
      <path d="m3.5 3.5 17 17" />
    </>
  ),
  share: (
    <>
      <rect x="3" y="4.5" width="18" height="12" rx="2" />
      <path d="M12 13.500v-6m-2.7 2.700L12 7.500l2.7 2.700M8.5 20h7" />
    </>
  ),
  hand: (
    <path d="M8 12.500V6.200a1.4 1.4 0 0 1 2.8 0V11V4.900a1.4 1.4 0 0 1 2.8 0V11V5.900a1.4 1.4 0 0 1 2.8 0V12V8.900a1.4 1.4 0 0 1 2.8 0v5.600c0 3.8-2.6 6.5-6.2 6.5-2.8 0-4.4-1-5.8-3.300l-2.7-4.500a1.45 1.45 0 0 1 2.4-1.600L8 13.2" />
  ),
  smile: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M8.5 14.200a4.2 4.2 0 0 0 7 0M9 9.500v.5M15 9.500v.5" />
    </>
  ),
  people: (
    <>
      <circle cx="9" cy="8.5" r="3.5" />
      <path d="M2.5 19.500a6.5 6.5 0 0 1 13 0M15.5 5.300a3.5 3.5 0 0 1 0 6.400M18 14.600a6.5 6.5 0 0 1 3.5 4.9" />
    </>
  ),
  chat: (
    <path d="M4 5.500h16a1.5 1.5 0 0 1 1.5 1.500v9a1.5 1.5 0 0 1-1.5 1.500h-8L7 21v-3.500H4A1.5 1.5 0 0 1 2.5 16V7A1.5 1.5 0 0 1 4 5.500Z" />
  ),
  shield: <path d="M12 3 4.5 6v5.500c0 4.5 3 8 7.5 9.5 4.5-1.5 7.5-5 7.5-9.500V6Zm-3 9 2.2 2.200L15.5 10" />,
  grid: (
    <>
      <rect x="3.5" y="4.5" width="7.5" height="6.5" rx="1.5" />
      <rect x="13" y="4.5" width="7.5" height="6.5" rx="1.5" />
      <rect x="3.5" y="13" width="7.5" height="6.5" rx="1.5" />
      <rect x="13" y="13" width="7.5" height="6.5" rx="1.5" />
    </>
  ),
  speaker_view: (
    <>
      <rect x="3.5" y="4.5" width="17" height="9.5" rx="1.5" />
      <path d="M4.5 18.500h3M10.5 18.500h3M16.5 18.500h3" />
    </>
  ),
  more: <path d="M5.5 12h.01M12 12h.01M18.5 12h.01" strokeWidth="3" />,
  settings: (
    <>
      <path d="M4 7h9M18 7h2M4 17h3M12 17h8" />
      <circle cx="15.5" cy="7" r="2.5" />
      <circle cx="9.5" cy="17" r="2.5" />
    </>
  ),
  leave: (
    <path d="M3.3 14.800c-1-1.8-.500-3.6 1.2-4.7 4.5-2.8 10.5-2.8 15 0 1.7 1.1 2.2 2.9 1.2 4.700l-.500.900a1 1 0 0 1-1.2.400l-3-1.100a1 1 0 0 1-.7-.9v-2a10.5 10.5 0 0 0-6.6 0v2a1 1 0 0 1-.7.900l-3 1.100a1 1 0 0 1-1.2-.400Z" />
  ),
  close: <path d="m6 6 12 12M18 6 6 18" />,
  search: (
    <>
      <circle cx="11" cy="11" r="6.5" />
      <path d="m16 16 4.5 4.5" />
    </>
  ),
  send: <path d="M4 12 3.5 4.5 21 12 3.5 19.500Zm0 0h8" />,
  link: (
    <path d="M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.7 0l-3 3a4 4 0 0 0 5.7 5.700l1-1" />
  ),
  previous: <path d="m14.5 6-6 6 6 6" />,
  next: <path d="m9.5 6 6 6-6 6" />,
  check: <path d="m5 12.500 4.500 4.500L19 7.500" />,
  down: <path d="m6 9.5 6 6 6-6" />,
  clock: (
    <>
      <circle cx="12" cy="12" r="8.5" />
      <path d="M12 7.500V12l3 2" />
    </>
  ),
  sound: <path d="M4 9.500v5h3.500L12 18.500v-13L7.5 9.500ZM15.5 9a4.2 4.2 0 0 1 0 6M18 6.500a8 8 0 0 1 0 11" />,
  warning: <path d="M12 4 2.5 20h19ZM12 10v4.500M12 17.200v.1" />,
  weak_line: <path d="M4 18v-3M9.3 18v-6M14.6 18V9M20 18V6M3 4l18 17" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 24 }: { name: IconName; size?: number }) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {paths[name]}
    </svg>
  );
}
