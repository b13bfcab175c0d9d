// SPDX-License-Identifier: EUPL-1.2
/** What every page must hold, checked the same way in every story. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

async function axeViolations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(' | ')}`);
}

/** At 320 pixels, which is a zoom of 400 % on a small laptop, nothing is read by scrolling sideways, and nothing is cut off. */
async function noSidewaysScrolling(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 640 });
  await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  await expect.poll(() => page.evaluate(cutOff)).toEqual([]);
  if (size) await page.setViewportSize(size);
}

/** Controls and headings that lie partly beside the window. */
function cutOff(): string[] {
  const all = [...document.querySelectorAll<HTMLElement>('button, input, select, textarea, a, h1, h2, h3, legend')];
  return all
    .filter((element) => element.checkVisibility() && element.closest('[aria-hidden="true"]') === null)
    .filter((element) => {
      const { left, right, width } = element.getBoundingClientRect();
      return width > 2 && (left < -1 || right > innerWidth + 1);
    })
    .map((element) => element.outerHTML.slice(0, 400));
}

interface Stop {
  name: string;
  visible: boolean;
}

/** Two frames later: the browser has scrolled to what has the focus. */
function settled(): Promise<void> {
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())));
}

/** What has the focus, and whether one sees it; nothing at the end of the page or where a story of stops begins anew. */
function stopHere(): (Stop & { again: boolean; inToolbar: boolean }) | undefined {
  const element = document.activeElement as HTMLElement | null;
  if (element === null || element === document.body) return undefined;
  const again = element.dataset['stop'] === 'seen';
  element.dataset['stop'] = 'seen';
  const ringed = (candidate: Element | null): boolean => {
    if (candidate === null) return false;
    const style = getComputedStyle(candidate);
    return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && style.outlineColor !== 'rgba(0, 0, 0, 0)';
  };
  // A hidden input shows its focus on the label around it.
  const shown = element.closest('label') ?? element;
  const { width, left, right, top, bottom } = shown.getBoundingClientRect();
  const middle = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
  const covered = middle === null || !(shown.contains(middle) || middle.contains(shown));
  const visible = width > 2 && !covered && (ringed(element) || ringed(shown));
  return { name: element.outerHTML.slice(0, 400), visible, again, inToolbar: element.closest('[role="toolbar"]') !== null };
}

/**
 * Goes through the page by Tab, and by arrows through a toolbar: every control is reached, and every stop looks
 * different from the same element without the focus and lies under nothing.
 */
export async function focusIsVisibleOnEveryStop(page: Page, most = 100): Promise<void> {
  await page.evaluate(() => {
    (document.activeElement as HTMLElement | null)?.blur();
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute('tabindex');
  });
  const stops: Stop[] = [];
  // A toolbar is one stop, entered where it was left last; arrows lead through it.
  const toolbar = async (): Promise<void> => {
    const buttons = await page.locator('[role="toolbar"]:focus-within button:visible').count();
    for (let count = 0; count < buttons; count += 1) await page.keyboard.press('ArrowLeft');
    for (let count = 0; count < buttons; count += 1) {
      const stop = await page.evaluate(settled).then(() => page.evaluate(stopHere));
      if (stop && !stop.again) stops.push({ name: stop.name, visible: stop.visible });
      await page.keyboard.press('ArrowRight');
    }
  };
  while (stops.length < most) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(settled).then(() => page.evaluate(stopHere));
    if (stop === undefined || stop.again) break;
    stops.push({ name: stop.name, visible: stop.visible });
    if (stop.inToolbar) await toolbar();
  }
  const missed = await page.evaluate(missedControls);
  expect(stops.length).toBeGreaterThan(0);
  expect(stops.filter((stop) => !stop.visible)).toEqual([]);
  expect(missed).toEqual([]);
}

/** Controls the keyboard did not come to; of radio buttons only the chosen one is a stop. Forgets the walk. */
function missedControls(): string[] {
  const controls = 'button, input:not([type="radio"]), input:checked, select, textarea, a[href], [tabindex="0"]';
  const missed = [...document.querySelectorAll<HTMLElement>(controls)].filter(
    (element) =>
      element.dataset['stop'] === undefined &&
      element.checkVisibility({ visibilityProperty: true }) &&
      !element.matches(':disabled, [tabindex="-1"]') &&
      element.closest('[aria-hidden="true"], [inert]') === null,
  );
  for (const element of document.querySelectorAll<HTMLElement>('[data-stop]')) delete element.dataset['stop'];
  return missed.map((element) => element.outerHTML.slice(0, 400));
}

/** Axe in light and dark, narrow width, visible focus. */
export async function isAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Colours are compared when they have arrived, not on their way.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect.poll(() => axeViolations(page), { message: `axe, ${colorScheme}`, timeout: 60_000 }).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await noSidewaysScrolling(page);
  await focusIsVisibleOnEveryStop(page);
}

/**
 * Fails the story on a message that the content security policy or a broken script leaves in the console. Expected are the
 * browser's words about a refused request and the media library's about a connection that the server ended.
 */
export function noConsoleErrors(
  page: Page,
  expected = /^(Failed to load resource|error reading from signal stream|publisher data channel)/,
): () => void {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    // A refused request is part of some stories; the page answers it in words.
    if (message.type() === 'error' && !expected.test(message.text())) errors.push(message.text());
  });
  return () => expect(errors).toEqual([]);
}
