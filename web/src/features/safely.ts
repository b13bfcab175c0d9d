// SPDX-License-Identifier: EUPL-1.2

/** What `ask` answers; where a feature stumbles it has nothing to say, and the others have. */
export function safely<T>(otherwise: T, ask: () => T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
