// SPDX-License-Identifier: EUPL-1.2
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

/** With React as browsers get it, and lists as high as a panel. */
export default defineConfig({
  plugins: [react()],
  root: import.meta.dirname,
  test: { environment: 'jsdom', include: ['*.bench.tsx'] },
});
