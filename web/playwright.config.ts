// SPDX-License-Identifier: EUPL-1.2
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const chromium = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Browsers with media need the processor for themselves; of other stories two run at a time. */
const calls = /(backup|breakout|foreign_login|join|limits|meeting|moderation|picture|reconnect|screen_share|security|waiting_room)\.story\.ts$/;

export default defineConfig({
  testDir: 'e2e',
  // Each story has its own server.
  projects: [
    { name: 'pages', testMatch: '*.story.ts', testIgnore: calls },
    { name: 'calls', testMatch: calls, workers: 1 },
  ],
  workers: 2,
  // So long only where something hangs: what a story waits for has limits of its own, and machines are slow at times.
  timeout: 600_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    locale: 'en-GB',
    trace: 'retain-on-failure',
    launchOptions: {
      ...(existsSync(chromium) ? { executablePath: chromium } : {}),
      args: [
        '--no-sandbox',
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        '--disable-background-networking',
        '--autoplay-policy=no-user-gesture-required',
      ],
    },
  },
});
