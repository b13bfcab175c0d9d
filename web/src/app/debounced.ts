// SPDX-License-Identifier: EUPL-1.2

import { useEffect, useState } from 'react';

/** What was written, once nothing more is written for a moment: the server is not asked at every letter. */
export function useDebounced(text: string, wait = 250): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), wait);
    return () => clearTimeout(timer);
  }, [text, wait]);
  return settled;
}
