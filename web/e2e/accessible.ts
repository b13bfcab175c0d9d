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

/** A window of 1280 × 1024 at 400 % has 320 × 256: every control can be brought into view there, whole and under nothing. */
async function everythingInReach(page: Page): Promise<void> {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 320, height: 256 });
  await expect.poll(() => page.evaluate(outOfReach)).toEqual([]);
  if (size) await page.setViewportSize(size);
}

/** Controls that scrolling does not bring into the window, or of which something else covers the middle. */
function outOfReach(): string[] {
  const missed: string[] = [];
  for (const element of document.querySelectorAll<HTMLElement>('button, input, select, textarea, a[href]:not([href^="#"])')) {
    // A skip link comes into view with the focus: the walk by keyboard sees to that.
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest('[aria-hidden="true"], [inert]')) continue;
    // A hidden input is shown by the label around it.
    const shown = element.closest('label') ?? element;
    shown.scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' });
    const { width, left, right, top, bottom } = shown.getBoundingClientRect();
    if (width <= 2) continue;
    const middle = document.elementFromPoint((left + right) / 2, (Math.max(top, 0) + Math.min(bottom, innerHeight)) / 2);
    const inside = left >= -1 && right <= innerWidth + 1 && bottom > 0 && top < innerHeight;
    if (!inside || middle === null || !(shown.contains(middle) || middle.contains(shown))) missed.push(element.outerHTML.slice(0, 400));
  }
  scrollTo(0, 0);
  return missed;
}

/** With a person's own colours every ground is the same: a control without an edge, a text or a ring around it is a picture among others. */
function edgeless(): string[] {
  const all = [...document.querySelectorAll<HTMLElement>('button, input:not([type="radio"], [type="checkbox"]), select, textarea')];
  return all
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.closest('[aria-hidden="true"], [inert]') === null)
    .filter((element) => element.getBoundingClientRect().width > 2)
    .filter((element) => {
      const { borderTopStyle, borderTopWidth } = getComputedStyle(element);
      return !(borderTopStyle !== 'none' && parseFloat(borderTopWidth) >= 1) && (element.innerText ?? '').trim() === '';
    })
    .map((element) => element.outerHTML.slice(0, 400));
}

/** What lies over the page must not silence it: a live region inside something inert says nothing. */
function silencedRegions(): string[] {
  const all = [...document.querySelectorAll('[data-live]')];
  if (all.length === 0) return ['there is no live region'];
  return all.filter((region) => region.closest('[inert], [aria-hidden="true"]') !== null).map((region) => region.outerHTML);
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
function stopHere(): (Stop & { again: boolean; inToolbar: boolean; inGrid: boolean }) | undefined {
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
  return { name: element.outerHTML.slice(0, 400), visible, again, inToolbar: element.closest('[role="toolbar"]') !== null, inGrid: element.matches('[role="row"]') };
}

/**
 * Goes through the page by Tab, and by arrows through a toolbar or the rows of a list: every control is reached, and every stop looks
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
  // So is a list of rows: down from one to the next, and to the right through what is in it.
  const grid = async (): Promise<void> => {
    const rows = await page.locator('[role="grid"]:focus-within [role="row"]').count();
    for (let row = 0; row < rows; row += 1) {
      const inside = await page.locator('[role="row"]:focus-within button:visible').count();
      for (let count = 0; count < inside; count += 1) {
        await page.keyboard.press('ArrowRight');
        const stop = await page.evaluate(settled).then(() => page.evaluate(stopHere));
        if (stop && !stop.again) stops.push({ name: stop.name, visible: stop.visible });
      }
      await page.keyboard.press('ArrowDown');
      const stop = await page.evaluate(settled).then(() => page.evaluate(stopHere));
      if (stop && !stop.again) stops.push({ name: stop.name, visible: stop.visible });
    }
  };
  while (stops.length < most) {
    await page.keyboard.press('Tab');
    const stop = await page.evaluate(settled).then(() => page.evaluate(stopHere));
    if (stop === undefined || stop.again) break;
    stops.push({ name: stop.name, visible: stop.visible });
    if (stop.inToolbar) await toolbar();
    if (stop.inGrid) await grid();
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

/** Axe in light, dark and forced colours, narrow and small windows, visible focus, and nothing silenced. */
export async function isAccessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    // Colours are compared when they have arrived, not on their way.
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await expect.poll(() => axeViolations(page), { message: `axe, ${colorScheme}`, timeout: 60_000 }).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  await expect.poll(() => page.evaluate(edgeless)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
  expect(await page.evaluate(silencedRegions)).toEqual([]);
  await noSidewaysScrolling(page);
  await everythingInReach(page);
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
