// SPDX-License-Identifier: EUPL-1.2
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'stories',
  // Another media server has nothing else to show.
  testIgnore: (process.env.INTEROP_SERVER ?? 'konvent') === 'konvent' ? [] : ['**/program/**'],
  globalSetup: './people/server.ts',
  workers: 1,
  timeout: 180_000,
  reporter: [['list']],
  use: {
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--use-fake-device-for-media-stream=fps=15',
        '--use-fake-ui-for-media-stream',
        '--autoplay-policy=no-user-gesture-required',
        '--disable-background-networking',
      ],
    },
  },
});
