// SPDX-License-Identifier: EUPL-1.2

/** Line icons on 24 × 24, always beside or inside something that has a text. */
const paths = {
  alert: 'M12 8v5M12 16.500v.01M10.3 4.2 2.7 17.500A2 2 0 0 0 4.4 20.500h15.200a2 2 0 0 0 1.7-3L13.7 4.200a2 2 0 0 0-3.4 0Z',
  calendar: 'M7 3v4M17 3v4M3.5 10h17M5.5 5h13a2 2 0 0 1 2 2v11.500a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2Z',
  camera: 'M5 6.500h8.500a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2ZM15.5 11l5.5-3.200v8.400L15.5 13',
  camera_off: 'M10 6.500h3.500a2 2 0 0 1 2 2V11l5.5-3.200v8.400L18 14.400M15.2 16.600a2 2 0 0 1-1.7.900H5a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2M3.5 3.500l17 17',
  check: 'm5 12.5 4.5 4.500L19 7.5',
  chevron: 'm6 9.5 6 6 6-6',
  close: 'm6 6 12 12M18 6 6 18',
  copy: 'M9.5 8.500h9a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-9a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2ZM4.5 15.500h-.500a1 1 0 0 1-1-1V5.500a2 2 0 0 1 2-2h9a1 1 0 0 1 1 1V5',
  info: 'M12 11v5.500M12 7.500v.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Z',
  key: 'M14.5 9.500a5 5 0 1 0-4.3 4.95L12 16.300h2v2h2v2h4v-3.500l-6.1-6.100c.4-.6.6-1.4.6-1.200ZM8.5 8.500v.01',
  language: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c2.5 2.5 3.8 5.5 3.8 9s-1.3 6.5-3.8 9c-2.5-2.5-3.8-5.5-3.8-9S9.5 5.5 12 3Z',
  leave: 'M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9.5',
  link: 'M10 13.500a4 4 0 0 0 5.7.400l3-3A4 4 0 0 0 13 5.200l-1.2 1.200M14 10.500a4 4 0 0 0-5.7-.400l-3 3A4 4 0 0 0 11 18.800l1.2-1.2',
  lock: 'M6.5 11h11a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2h-11a2 2 0 0 1-2-2v-6a2 2 0 0 1 2-2ZM8 11V7.500a4 4 0 0 1 8 0V11',
  microphone: 'M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3ZM5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3',
  microphone_off: 'M9 9v2a3 3 0 0 0 4.6 2.500M15 11V6a3 3 0 0 0-5.7-1.300M5.5 11.500a6.5 6.5 0 0 0 10.5 5.100M18.5 11.500c0 .9-.2 1.7-.5 2.500M12 18v3M3.5 3.500l17 17',
  moon: 'M20 14.500A8.5 8.5 0 1 1 9.5 4a7 7 0 0 0 10.5 10.500Z',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.500a7.5 7.5 0 0 1 15 0',
  plus: 'M12 5v14M5 12h14',
  speaker: 'M4 9.500v5h3.500l5 4v-13l-5 4H4ZM16 9a4.2 4.2 0 0 1 0 6M18.5 6.500a7.8 7.8 0 0 1 0 11',
  success: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM8 12.300l2.8 2.800L16 9.5',
} as const;

export type IconName = keyof typeof paths;

export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
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
      <path d={paths[name]} />
    </svg>
  );
}
