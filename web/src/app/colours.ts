// SPDX-License-Identifier: EUPL-1.2

/**
 * The colour of an organisation as the accent of the pages: readable as text, and on it in white (light pages) or
 * black (dark pages). A colour that is not is darkened or brightened until it is. No screen.
 */
type Rgb = readonly [number, number, number];
export type Ground = 'light' | 'dark';

/** The least favourable ground of each theme (`tokens.css`), and what a colour is mixed with to stand out from it. */
const grounds: Record<Ground, { ground: Rgb; towards: Rgb }> = {
  light: { ground: [0xf3, 0xf4, 0xf7], towards: [0, 0, 0] },
  dark: { ground: [0x1d, 0x20, 0x34], towards: [255, 255, 255] },
};

/** Some grounds have so much of the accent in them. */
const TINT = 0.14;
/** WCAG AA for text; what is not text needs 3. */
const READABLE = 4.5;

/** `undefined`: no colour like `#1f4e79`. */
function rgbOf(text: string): Rgb | undefined {
  const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (digits === null) return undefined;
  const [red = 0, green = 0, blue = 0] = digits.slice(1).map((part) => parseInt(part, 16));
  return [red, green, blue];
}

function luminance(colour: Rgb): number {
  const [red = 0, green = 0, blue = 0] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrastOf(one: Rgb, other: Rgb): number {
  const [darker = 0, brighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (brighter + 0.05) / (darker + 0.05);
}

/** Contrast of two colours by WCAG, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [first, second] = [rgbOf(one), rgbOf(other)];
  return first === undefined || second === undefined ? 1 : contrastOf(first, second);
}

function mixed(one: Rgb, other: Rgb, share: number): Rgb {
  const part = (index: 0 | 1 | 2) => Math.round(one[index] * (1 - share) + other[index] * share);
  return [part(0), part(1), part(2)];
}

/** The colour as it can be used on such pages; `undefined`: it is none. */
export function accent(given: string, on: Ground): string | undefined {
  const colour = rgbOf(given);
  if (colour === undefined) return undefined;
  const { ground, towards } = grounds[on];
  for (let percent = 0; percent <= 100; percent += 2) {
    const candidate = mixed(colour, towards, percent / 100);
    if (contrastOf(candidate, mixed(ground, candidate, TINT)) >= READABLE)
      return `#${candidate.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
  }
  return undefined;
}

export interface Colours {
  light?: string | null | undefined;
  dark?: string | null | undefined;
}

/** The accents of both themes; where one is not given, it is made from the other. */
export function accents({ light, dark }: Colours): Record<Ground, string> | undefined {
  const onLight = accent(light ?? dark ?? '', 'light');
  const onDark = accent(dark ?? light ?? '', 'dark');
  return onLight === undefined || onDark === undefined ? undefined : { light: onLight, dark: onDark };
}
