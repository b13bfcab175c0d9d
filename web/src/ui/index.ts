// SPDX-License-Identifier: EUPL-1.2

/** The look of Konvent: every control a page shows comes from here. */
export { Alert } from './Alert';
export { announce, LiveRegions } from './announce';
export { Avatar } from './Avatar';
export { Button, IconButton, ToggleButton } from './Button';
export { type Choice, RadioGroup, Select, Switch, TextField } from './Field';
export { Icon, type IconName } from './Icon';
export { Dialog, Menu } from './Overlay';
export { Spinner } from './Spinner';
