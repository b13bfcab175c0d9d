// SPDX-License-Identifier: EUPL-1.2

/** What a list of meetings holds: single meetings, and dates of series. No screen. */
import type { components } from '../../api/schema';

export type Instance = components['schemas']['EventOrInstance'];

/** The event behind one date of a series. */
export function eventOf(instance: Instance): string {
  return 'recurring_event_id' in instance && instance.recurring_event_id ? instance.recurring_event_id : instance.id;
}

/** One date of a series that does not take place. */
export function isCancelled(instance: Instance): boolean {
  return 'status' in instance && instance.status === 'cancelled';
}

/** Of each series the next date that takes place. */
export function nextOfEach(events: readonly Instance[]): readonly Instance[] {
  const held = events.filter((event) => !isCancelled(event));
  return held.filter((event, index) => held.findIndex((other) => eventOf(other) === eventOf(event)) === index);
}
