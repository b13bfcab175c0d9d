// SPDX-License-Identifier: EUPL-1.2
/** What every page must hold, checked the same way in every story. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

async function noAxeViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`);
  expect(found).toEqual([]);
}

/** At 320 pixels, which is a zoom of 400 % on a small laptop, nothing is read by scrolling sideways. */
async function noSidewaysScrolling(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  if (size) await page.setViewportSize(size);
}

interface Stop {
  name: string;
  visible: boolean;
}

/** Goes through the page by Tab; every stop must look different from the same element without the focus. */
export async function focusIsVisibleOnEveryStop(page: Page, most = 60): Promise<number> {
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  const stops: Stop[] = [];
  for (let count = 0; count < most; count += 1) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate((): (Stop & { again: boolean }) | undefined => {
      const element = document.activeElement as HTMLElement | null;
      if (element === null || element === document.body) return undefined;
      const again = element.dataset['stop'] === 'seen';
      element.dataset['stop'] = 'seen';
      const ringed = (candidate: Element | null): boolean => {
        if (candidate === null) return false;
        const style = getComputedStyle(candidate);
        return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && style.outlineColor !== 'rgba(0, 0, 0, 0)';
      };
      const box = element.getBoundingClientRect();
      // A hidden input shows its focus on the label around it.
      const visible = (ringed(element) && box.width > 2) || ringed(element.closest('label'));
      return { name: element.outerHTML.slice(0, 120), visible, again };
    });
    if (stop === undefined || stop.again) break;
    stops.push({ name: stop.name, visible: stop.visible });
  }
  await page.evaluate(() => {
    for (const element of document.querySelectorAll<HTMLElement>('[data-stop]')) delete element.dataset['stop'];
  });
  expect(stops.length).toBeGreaterThan(0);
  expect(stops.filter((stop) => !stop.visible)).toEqual([]);
  return stops.length;
}

/** Axe in light and dark, narrow width, visible focus. */
export async function isAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Colours are compared when they have arrived, not on their way.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await noAxeViolations(page);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await noSidewaysScrolling(page);
  await focusIsVisibleOnEveryStop(page);
}

/** Fails the story on a message that the content security policy or a broken script leaves in the console. */
export function noConsoleErrors(page: Page): () => void {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A refused request is part of some stories; the page answers it in words.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) errors.push(message.text());
  });
  return () => expect(errors).toEqual([]);
}
