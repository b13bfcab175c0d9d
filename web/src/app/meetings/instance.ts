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

/** Whether some series has as many dates in a list as it may have there: there may be more of it. */
export function isCutOff(events: readonly Instance[], most: number): boolean {
  const dates = new Map<string, number>();
  for (const event of events) if ('instance_id' in event) dates.set(eventOf(event), (dates.get(eventOf(event)) ?? 0) + 1);
  return [...dates.values()].some((count) => count >= most);
}

/** Of each series the next date that takes place. */
export function nextOfEach(events: readonly Instance[]): readonly Instance[] {
  const held = events.filter((event) => !isCancelled(event));
  return held.filter((event, index) => held.findIndex((other) => eventOf(other) === eventOf(event)) === index);
}
