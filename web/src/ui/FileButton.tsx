// SPDX-License-Identifier: EUPL-1.2

import type { ReactNode } from 'react';
import { FileTrigger } from 'react-aria-components';
import { Button } from './Button';

export interface FileButtonProps {
  onFile: (file: File) => void;
  busy?: boolean;
  /** Media types the device offers; absent: any. */
  accept?: readonly string[];
  children: ReactNode;
}

/** Asks for one file of this device. */
export function FileButton({ onFile, busy = false, accept, children }: FileButtonProps) {
  return (
    <FileTrigger
      {...(accept === undefined ? {} : { acceptedFileTypes: accept })}
      onSelect={(files) => {
        const file = files?.item(0);
        if (file) onFile(file);
      }}
    >
      <Button icon="plus" busy={busy}>
        {children}
      </Button>
    </FileTrigger>
  );
}
