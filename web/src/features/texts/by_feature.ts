// SPDX-License-Identifier: EUPL-1.2

/** The texts of each feature under the name of its folder. */
export function byFeature(files: Readonly<Record<string, object>>): Readonly<Record<string, object>> {
  return Object.fromEntries(Object.entries(files).map(([path, texts]) => [path.split('/')[1], texts]));
}
