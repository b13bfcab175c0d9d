// SPDX-License-Identifier: EUPL-1.2

/** Where a form leads whose sending was refused. */
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { describe, expect, it, vi } from 'vitest';
import { Form } from './Form';

describe('a refused form', () => {
  it('leads to the first wrong field, and to what it says where no field is wrong', () => {
    Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });
    document.body.innerHTML = '<div></div>';
    const led = vi.fn();
    Element.prototype.scrollIntoView = function (this: Element) {
      led(this.textContent);
    };
    const root = createRoot(document.body.firstElementChild as HTMLElement);
    const show = (problem: string | undefined, wrong: boolean) =>
      act(() =>
        root.render(
          <Form problem={problem} onSubmit={() => undefined}>
            <input aria-invalid={wrong} />
          </Form>,
        ),
      );
    show('Please check the fields.', true);
    expect(document.activeElement).toBe(document.querySelector('input'));
    expect(led).not.toHaveBeenCalled();
    show(undefined, false);
    show('The server is not responding.', false);
    expect(led).toHaveBeenCalledWith('The server is not responding.');
    act(() => root.unmount());
  });
});
