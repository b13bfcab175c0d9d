// SPDX-License-Identifier: EUPL-1.2
import { describe, expect, it } from 'vitest';
import { features } from '../../features/list';
import { isApple, isShortcut, shortcutsAreOn, turnShortcuts } from './shortcuts';

const pressed = (change: object = {}) =>
  isShortcut({ ctrlKey: true, metaKey: false, shiftKey: true, altKey: false, repeat: false, target: document.body, ...change });

describe('a shortcut', () => {
  it('is Ctrl or ⌘ with Shift, and nothing besides', () => {
    expect(pressed()).toBe(true);
    expect(pressed({ ctrlKey: false, metaKey: true })).toBe(true);
    expect(pressed({ shiftKey: false })).toBe(false);
    expect(pressed({ ctrlKey: false })).toBe(false);
    expect(pressed({ repeat: true })).toBe(false);
  });

  it('leaves the keys alone that write characters with Alt', () => {
    expect(pressed({ altKey: true })).toBe(false);
  });

  it('does nothing where somebody types', () => {
    for (const name of ['input', 'textarea', 'select']) expect(pressed({ target: document.createElement(name) })).toBe(false);
  });

  it('can be turned off, and that is kept', () => {
    turnShortcuts(false);
    expect(shortcutsAreOn()).toBe(false);
    turnShortcuts(true);
    expect(shortcutsAreOn()).toBe(true);
  });

  it('has a letter of its own', () => {
    const letters = features.flatMap(({ shortcuts = [] }) => shortcuts.map(({ letter }) => letter));
    expect(new Set(letters).size).toBe(letters.length);
  });

  it('is shown as the key is called here', () => {
    expect(isApple('MacIntel')).toBe(true);
    expect(isApple('Linux x86_64')).toBe(false);
  });
});
